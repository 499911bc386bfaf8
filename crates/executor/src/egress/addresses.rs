//! Which addresses are public. Everything else is refused, unless the operator allows its network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(a: u16, b: u16, prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0), prefix)
}

/// From the IANA IPv4 special-purpose registry, and one address that only looks public.
const REFUSED_V4: [Ipv4Net; 17] = [
    v4(0, 0, 0, 0, 8),        // this network; Linux dials it as loopback
    v4(10, 0, 0, 0, 8),       // private
    v4(100, 64, 0, 0, 10),    // carrier-grade NAT
    v4(127, 0, 0, 0, 8),      // loopback
    v4(168, 63, 129, 16, 32), // a cloud's host agent, reachable from its machines only
    v4(169, 254, 0, 0, 16),   // link-local, where clouds serve metadata
    v4(172, 16, 0, 0, 12),    // private
    v4(192, 0, 0, 0, 24),     // protocol assignments
    v4(192, 0, 2, 0, 24),     // documentation
    v4(192, 31, 196, 0, 24),  // AS112
    v4(192, 88, 99, 0, 24),   // 6to4 relays
    v4(192, 168, 0, 0, 16),   // private
    v4(198, 18, 0, 0, 15),    // benchmarking
    v4(198, 51, 100, 0, 24),  // documentation
    v4(203, 0, 113, 0, 24),   // documentation
    v4(224, 0, 0, 0, 4),      // multicast
    v4(240, 0, 0, 0, 4),      // reserved, and broadcast
];

/// Outside of it lie loopback, mapped and NAT64 forms of IPv4, unique local, link-local, multicast.
const GLOBAL_V6: Ipv6Net = v6(0x2000, 0, 3);

/// The parts of the global space that lead elsewhere.
const REFUSED_V6: [Ipv6Net; 4] = [
    v6(0x2001, 0, 23),     // protocol assignments, Teredo among them
    v6(0x2001, 0xdb8, 32), // documentation
    v6(0x2002, 0, 16),     // 6to4
    v6(0x3fff, 0, 20),     // documentation
];

/// Whether `ip` belongs to the internet at large.
pub(super) fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !REFUSED_V4.iter().any(|network| network.contains(&ip)),
        IpAddr::V6(ip) => GLOBAL_V6.contains(&ip) && !REFUSED_V6.iter().any(|network| network.contains(&ip)),
    }
}

/// Whether the operator allows `ip`. A mapped IPv4 address is judged as what would be dialled.
pub(super) fn is_allowed(allowed: &[IpNet], ip: IpAddr) -> bool {
    let ip = ip.to_canonical();
    allowed.iter().any(|network| network.contains(&ip))
}
