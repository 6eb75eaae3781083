"""Who was entitled to what a history holds, by the policies that were in force."""
