//! Whose program is at the other end of a connection on this machine.

use std::net::SocketAddr;

#[cfg(target_os = "linux")]
use crate::limits;

/// Whether another user of this machine opened the connection from `client` to our own `server`. `false` where that cannot
/// be known, for root, who is not kept out of anything, and for programs that run as root, whose browser is a user's. An end
/// that was closed has no user any more: `true`, as nobody is there to be answered.
pub(super) async fn is_another_user(client: SocketAddr, server: SocketAddr) -> bool {
    #[cfg(target_os = "linux")]
    {
        // The kernel writes these files as they are read, which takes a while where there are many connections.
        let read = || ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| std::fs::read_to_string(path).unwrap_or_default());
        let mut outcome = Err(false);
        for _ in 0..limits::CONNECTION_TABLE_READS {
            let tables = tokio::task::spawn_blocking(read).await.unwrap_or_default();
            outcome = table::is_another_user(&tables.concat(), client, server);
            if outcome.is_ok() {
                break;
            }
        }
        outcome.unwrap_or_else(|incomplete| incomplete)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (client, server);
        false
    }
}

#[cfg(any(test, target_os = "linux"))]
mod table {
    use std::net::{IpAddr, Ipv6Addr, SocketAddr};

    const ROOT: u32 = 0;

    struct Row {
        local: SocketAddr,
        remote: SocketAddr,
        user: u32,
        /// Of an end that no program has any more there is none, and root in the place of its user.
        inode: u64,
    }

    /// Both ends of the connection are in the table, each with the user who has it.
    ///
    /// # Errors
    ///
    /// Where one is missing that should be there: what is true if it really is. A connection of which our own end is gone was
    /// reset. One of which the other end is not here comes from beyond this table.
    pub(super) fn is_another_user(table: &str, client: SocketAddr, server: SocketAddr) -> Result<bool, bool> {
        let end = |local, remote| table.lines().filter_map(row).find(|row| (row.local, row.remote) == (local, remote));
        let listens = || table.lines().filter_map(row).any(|row| row.local == server && row.remote.port() == 0);
        match (end(client, server), end(server, client)) {
            (Some(theirs), _) if theirs.inode == 0 => Ok(true),
            (Some(theirs), Some(ours)) => Ok(theirs.user != ours.user && theirs.user != ROOT && ours.user != ROOT),
            (_, None) if listens() => Err(true),
            (None, Some(_)) => Err(false),
            _ => Ok(false),
        }
    }

    /// Local address, remote address, user, inode (proc(5), `/proc/net/tcp`).
    fn row(line: &str) -> Option<Row> {
        let mut columns = line.split_whitespace().skip(1);
        let (local, remote) = (address(columns.next()?)?, address(columns.next()?)?);
        let user = columns.nth(4)?.parse().ok()?;
        Some(Row { local, remote, user, inode: columns.nth(1)?.parse().ok()? })
    }

    /// Each 32 bits of the address are written as this machine reads them.
    fn address(text: &str) -> Option<SocketAddr> {
        let (host, port) = text.split_once(':')?;
        let words: Option<Vec<[u8; 4]>> = (0..host.len())
            .step_by(8)
            .map(|at| Some(u32::from_str_radix(host.get(at..at + 8)?, 16).ok()?.to_ne_bytes()))
            .collect();
        let octets = words?.concat();
        let host = match <[u8; 4]>::try_from(octets.as_slice()) {
            Ok(octets) => IpAddr::from(octets),
            Err(_) => Ipv6Addr::from(<[u8; 16]>::try_from(octets).ok()?).to_canonical(),
        };
        Some(SocketAddr::new(host, u16::from_str_radix(port, 16).ok()?))
    }

    #[cfg(all(test, target_endian = "little"))]
    #[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
    mod tests {
        use super::is_another_user;

        const TABLE: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:D159 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1 1 0 100 0 0 10 0
   1: 0100007F:8000 0100007F:D159 01 00000000:00000000 00:00000000 00000000  1000        0 2 1 0 20 4 30 10 -1
   2: 0100007F:D159 0100007F:8000 01 00000000:00000000 00:00000000 00000000  1000        0 3 1 0 20 4 30 10 -1
   3: 0100007F:8001 0100007F:D159 01 00000000:00000000 00:00000000 00000000  1001        0 4 1 0 20 4 30 10 -1
   4: 0100007F:D159 0100007F:8001 01 00000000:00000000 00:00000000 00000000  1000        0 5 1 0 20 4 30 10 -1
   5: 0100007F:8002 0100007F:D159 01 00000000:00000000 00:00000000 00000000     0        0 6 1 0 20 4 30 10 -1
   6: 0100007F:D159 0100007F:8002 01 00000000:00000000 00:00000000 00000000  1000        0 7 1 0 20 4 30 10 -1
   0: 00000000000000000000000001000000:8003 00000000000000000000000001000000:D159 01 00000000:00000000 00:00000000 00000000  1001        0 8 1
   1: 00000000000000000000000001000000:D159 00000000000000000000000001000000:8003 01 00000000:00000000 00:00000000 00000000  1000        0 9 1
   2: 0000000000000000FFFF00000100007F:8004 0000000000000000FFFF00000100007F:D159 01 00000000:00000000 00:00000000 00000000  1001        0 8 1
   3: 0100007F:D159 0100007F:8004 01 00000000:00000000 00:00000000 00000000  1000        0 9 1
   4: 0100007F:8005 0100007F:D159 05 00000000:00000000 00:00000000 00000000     0        0 0 3 0
   5: 0100007F:D159 0100007F:8005 08 00000000:00000000 00:00000000 00000000  1000        0 9 1
   6: 0100007F:D159 0100007F:8006 01 00000000:00000000 00:00000000 00000000  1000        0 9 1
";

        fn looked_up(client: &str, server: &str) -> Result<bool, bool> {
            is_another_user(TABLE, client.parse().unwrap(), server.parse().unwrap())
        }

        fn other(client: &str, server: &str) -> bool {
            looked_up(client, server).unwrap()
        }

        #[test]
        fn a_connection_is_anothers_if_both_ends_have_users_and_they_differ() {
            assert!(!other("127.0.0.1:32768", "127.0.0.1:53593"), "the same user");
            assert!(other("127.0.0.1:32769", "127.0.0.1:53593"), "another user");
            assert!(!other("127.0.0.1:32770", "127.0.0.1:53593"), "root");
            assert!(other("[::1]:32771", "[::1]:53593"), "another user, over IPv6");
            assert!(other("127.0.0.1:32772", "127.0.0.1:53593"), "another user, from a socket of both families");
            assert_eq!(looked_up("127.0.0.1:32774", "127.0.0.1:53593"), Err(false), "from beyond this table");
            assert!(!other("127.0.0.1:1", "127.0.0.1:1"), "nobody knows");
        }

        #[test]
        fn an_end_that_was_closed_is_not_roots() {
            assert!(other("127.0.0.1:32773", "127.0.0.1:53593"), "it was another user's, perhaps");
            assert_eq!(looked_up("127.0.0.1:1", "127.0.0.1:53593"), Err(true), "reset");
        }

        #[test]
        fn a_table_that_cannot_be_read_says_nothing() {
            for table in ["", "sl\n", "0: x:y z:w 01 a b c d\n", "0: 0100007F:D159\n", "0: é100007F:D159 0:0 1 2 3 4 5"]
            {
                let (client, server) = ("127.0.0.1:1".parse().unwrap(), "127.0.0.1:53593".parse().unwrap());
                assert_eq!(is_another_user(table, client, server), Ok(false), "{table}");
            }
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    /// Otherwise the test above would prove nothing about this machine.
    #[tokio::test]
    async fn this_machines_table_has_both_ends_of_a_connection() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (server, _) = listener.accept().unwrap();
        let ends = (client.local_addr().unwrap(), server.local_addr().unwrap());
        assert!(!is_another_user(ends.0, ends.1).await);
        let ports = [ends.0, ends.1].map(|end| format!(":{:04X} ", end.port()));
        // Other tests open connections meanwhile.
        let both_are_there = || {
            let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
            table.lines().filter(|line| ports.iter().all(|port| line.contains(port))).count() >= 2
        };
        assert!((0..limits::CONNECTION_TABLE_READS).any(|_| both_are_there()));
    }

    /// Another user could have a request served whose connection they close before anybody looks: of what is closed the
    /// table says that it is root's, and of what is reset nothing.
    #[tokio::test]
    async fn whoever_has_gone_gets_no_answer() {
        use tokio::io::AsyncWriteExt as _;

        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        for reset in [false, true] {
            let mut client = tokio::net::TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            let address = client.local_addr().unwrap();
            client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
            if reset {
                client.set_zero_linger().unwrap();
            }
            drop(client);
            let (server, _) = listener.accept().await.unwrap();
            assert!(is_another_user(address, server.local_addr().unwrap()).await, "reset: {reset}");
        }
    }
}
