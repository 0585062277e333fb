// SPDX-License-Identifier: GPL-2.0-or-later
// Internet checksums (RFC 1071) of IP and TCP.
#pragma once

#include "nfsieve/base/bytes.h"
#include "nfsieve/packet/decode.h"

namespace nfsieve {

/// The ones' complement sum of `bytes` added to `start`, folded to 16 bits and not inverted. Odd lengths are
/// padded with a zero byte.
[[nodiscard]] std::uint16_t ones_sum(Bytes bytes, std::uint32_t start = 0);

/// The folded sum of TCP's pseudo header (RFC 9293 section 3.1, RFC 8200 section 8.1): what an offloading
/// sender leaves in the checksum field. Both addresses are of one family; `tcp_length` counts header and
/// payload.
[[nodiscard]] std::uint16_t pseudo_header_sum(const Address& source, const Address& destination,
                                              std::size_t tcp_length);

/// True where the IPv4 header's checksum (IPv4 only) and the TCP checksum of a whole, decoded segment are
/// right (RFC 9293 section 3.1, RFC 8200 section 8.1). A receiver throws a segment away where they are not.
[[nodiscard]] bool checksums_valid(const Segment& segment);

} // namespace nfsieve
