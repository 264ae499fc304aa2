"""What reaches into every hall: the export and the deletion of an account."""
