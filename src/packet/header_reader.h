// SPDX-License-Identifier: GPL-2.0-or-later
// The steps of decode(), one a file. Each works on bytes that begin with its own header.
#pragma once

#include "nfsieve/packet/decode.h"

namespace nfsieve {

/// What the network header says about the datagram behind it.
struct NetworkHeader {
    DecodeStatus status = DecodeStatus::malformed; ///< `tcp` stands for "go on with the transport header"
    Malformed malformed = Malformed::none;
    std::uint8_t protocol = 0;
    std::size_t size = 0;    ///< network header with its options or extensions, within the buffer
    std::size_t claimed = 0; ///< of the whole datagram, by its own length field
};

/// RFC 791. Sets addresses and hop limit of `segment`.
[[nodiscard]] NetworkHeader read_ipv4(Bytes packet, Segment& segment);

/// RFC 8200 and its extension headers. Sets addresses and hop limit of `segment`.
[[nodiscard]] NetworkHeader read_ipv6(Bytes packet, Segment& segment);

/// RFC 9293 section 3.2 and its successors. False where an option's length lies; what stood before it is
/// kept.
[[nodiscard]] bool read_tcp_options(Bytes options, TcpOptions& into);

} // namespace nfsieve
