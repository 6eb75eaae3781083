"""What people decide, carried out as edits of documents: conflicts, proposals, the past."""
