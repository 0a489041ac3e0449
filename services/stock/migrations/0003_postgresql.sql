DELETE FROM allocations WHERE lot = '' AND serial = ''
