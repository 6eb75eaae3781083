"""One reconcile: files, rows and the texts of documents are made equal."""
