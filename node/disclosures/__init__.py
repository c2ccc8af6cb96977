"""Disclosures: which answer showed which record to whom, and who must hear that the record has changed."""
