-- Nobody else changes a contact until this transaction ends; reading goes on.
LOCK TABLE registry.contact IN SHARE ROW EXCLUSIVE MODE
