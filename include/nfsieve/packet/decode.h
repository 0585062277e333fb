// SPDX-License-Identifier: GPL-2.0-or-later
// Bytes from the network header on -> a view of one TCP segment. Copies nothing and trusts no length field.
#pragma once

#include "nfsieve/base/address.h"
#include "nfsieve/base/bytes.h"

#include <cstdint>

namespace nfsieve {

/// TCP flag bits as in the header's 13th byte (RFC 9293 section 3.1).
namespace tcp_flag {
inline constexpr std::uint8_t fin = 0x01, syn = 0x02, rst = 0x04, psh = 0x08, ack = 0x10, urg = 0x20,
                              ece = 0x40, cwr = 0x80;
}

/// The TCP options that decide how a stream is read.
struct TcpOptions {
    bool has_mss = false, has_window_scale = false, has_timestamps = false;
    bool sack_permitted = false, fast_open = false, mptcp = false, md5 = false;
    std::uint16_t mss = 0;
    std::uint8_t window_scale = 0;    ///< capped at 14 (RFC 7323 section 2.3)
    std::uint32_t timestamp = 0;      ///< TSval
    std::uint32_t timestamp_echo = 0; ///< TSecr
};

/// One TCP segment, borrowed from the buffer that was decoded.
struct Segment {
    Address source, destination;
    std::uint16_t source_port = 0, destination_port = 0;
    std::uint32_t sequence = 0, acknowledgment = 0;
    std::uint16_t window = 0; ///< as sent, unscaled
    std::uint16_t urgent_pointer = 0;
    std::uint8_t flags = 0; ///< tcp_flag
    std::uint8_t hop_limit = 0;
    bool v4 = true;
    TcpOptions options;
    Bytes payload;                    ///< what is in the buffer
    std::uint32_t payload_length = 0; ///< what the IP header claims; more than payload.size() where truncated
    Bytes packet;                     ///< from the IP header to the end of the IP packet (or of the buffer)
    std::uint32_t tcp_offset = 0;     ///< of the TCP header in `packet`, bytes

    [[nodiscard]] bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
    /// Goes on with its connection: acknowledges, and is neither SYN nor RST. It may bring payload, and FIN.
    [[nodiscard]] bool goes_on() const {
        return (flags & (tcp_flag::syn | tcp_flag::rst | tcp_flag::ack)) == tcp_flag::ack;
    }
    /// Sequence space it takes: payload and one each for SYN and FIN (RFC 9293 section 3.4).
    [[nodiscard]] std::uint32_t sequence_length() const {
        return payload_length + (has(tcp_flag::syn) ? 1U : 0U) + (has(tcp_flag::fin) ? 1U : 0U);
    }
};

enum class DecodeStatus : std::uint8_t {
    tcp,            ///< a TCP segment, whole
    truncated,      ///< a TCP segment whose payload goes on past the buffer; headers are complete
    other_protocol, ///< well-formed IP that carries no TCP (UDP, ICMP, tunnels, …)
    fragment,       ///< an IP fragment that is not a whole datagram
    malformed,      ///< a length or offset that lies, or a header chain without end; `malformed` says which
};

enum class Malformed : std::uint8_t {
    none,
    short_ip_header,  ///< fewer bytes than an IP header, IHL under 5 or past the end
    bad_version,      ///< neither 4 nor 6
    bad_total_length, ///< IPv4 total length under its header length
    ipv6_extensions,  ///< extension chain past the end, or more than 16 headers
    short_tcp_header, ///< fewer bytes than a TCP header
    bad_data_offset,  ///< TCP data offset under 5 or past the end of the packet
    bad_tcp_option,   ///< TCP option length 0, 1 or past the header's end
    mapped_address,   ///< an IPv4-mapped address in an IPv6 header: it would pass for an IPv4 flow
};

/// The word that logs and counters use for it, e.g. "bad_data_offset".
[[nodiscard]] const char* name(Malformed why);

struct Decoded {
    DecodeStatus status = DecodeStatus::malformed;
    Malformed malformed = Malformed::none;
    std::uint8_t protocol = 0; ///< the last IP protocol number read
    Segment segment; ///< complete for `tcp` and `truncated`; addresses alone for `other_protocol`, `fragment`
};

/// Reads an IPv4 (RFC 791) or IPv6 (RFC 8200) packet that starts at `packet[0]`. A frame longer than the IP
/// total length is cut to it (Ethernet padding); IPv6 jumbograms are `malformed`. A buffer that ends before
/// the total length is `truncated` if the TCP header is complete, else `malformed`. A bad TCP option ends
/// option reading as in Linux's tcp_parse_options() and is `malformed`. IPv4 with total length 0 takes the
/// buffer's length (GSO over 64 KiB, as the kernel hands it on). An atomic IPv6 fragment (offset 0, no more)
/// is a whole datagram (RFC 6946). A routing header with segments left hides the receiver's address, and a
/// hop-by-hop header that is not the first is refused by receivers: both are `malformed` (ipv6_extensions).
/// AH is stepped over in IPv6 and another protocol in IPv4. A `malformed` segment has what was read before
/// the lie (addresses, ports), for events. Never throws or allocates; any bytes are fine.
[[nodiscard]] Decoded decode(Bytes packet);

} // namespace nfsieve
