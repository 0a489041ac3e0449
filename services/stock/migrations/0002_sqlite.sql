UPDATE reservations SET requester = 'client:' || requester WHERE of_order = 0
