module rondo_peer

go 1.23
