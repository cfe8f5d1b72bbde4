-- Let the publication of this cycle's report wait until this transaction has ended.
SELECT step FROM cycle.milestone WHERE cycle_id = :cycle_id AND step = 'publish' FOR SHARE
