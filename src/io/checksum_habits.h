// SPDX-License-Identifier: GPL-2.0-or-later
// Whether a wrong checksum in a capture means anything.
#pragma once

#include "nfsieve/base/address.h"
#include "nfsieve/base/bytes.h"

#include <cstddef>
#include <cstdint>
#include <unordered_set>

namespace nfsieve {

/// A capture taken on a sending host, or behind its receive offload, has TCP checksums that the network card
/// was still to fill in. Such a leftover is one of:
/// - the sum of the pseudo header, with the segment's length or without: Linux's CHECKSUM_PARTIAL and what
/// GRO
///   writes into a merged packet (net/ipv4/tcp_offload.c), also beside right ones of the same sender;
/// - any wrong value from a sender of which no right checksum has been seen so far (other systems).
/// All other wrong checksums are real: the receiver throws the segment away. Belongs to one thread.
class ChecksumHabits {
public:
    /// True where the checksums of this packet are wrong and no leftover. Learns from each packet; remembers
    /// up to a million senders. `packet` starts with its IP header; what is no whole TCP segment is never
    /// wrong.
    [[nodiscard]] bool really_wrong(Bytes packet);

private:
    struct AddressHash {
        std::size_t operator()(const Address& address) const;
    };
    std::unordered_set<Address, AddressHash> careful_senders_; ///< a right checksum of theirs was seen
};

} // namespace nfsieve
