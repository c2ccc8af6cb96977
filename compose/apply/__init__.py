"""Commands of applicants and employers: apply, follow an application, the page of bars."""
