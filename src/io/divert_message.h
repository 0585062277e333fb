// SPDX-License-Identifier: GPL-2.0-or-later
// What nf_tables is asked and what it answers, as bytes (net/netfilter/nf_tables_api.c).
#pragma once

#include "nfsieve/base/bytes.h"

#include <cstdint>
#include <string>
#include <vector>

namespace nfsieve {

/// NFT_MSG_GETTABLE for a table of the family inet.
[[nodiscard]] std::vector<std::uint8_t> table_request(const std::string& table, std::uint32_t sequence);
/// NFT_MSG_GETOBJ for a counter in it.
[[nodiscard]] std::vector<std::uint8_t> counter_request(const std::string& table, const std::string& counter,
                                                        std::uint32_t sequence);

/// NFT_MSG_GETRULE for all of a chain: several answers, of which the last one is `missing`.
[[nodiscard]] std::vector<std::uint8_t> rules_request(const std::string& table, const std::string& chain,
                                                      std::uint32_t sequence);

/// An answer to one of the three.
struct DivertAnswer {
    enum class Kind : std::uint8_t {
        value,   ///< `value` is the table's handle, or the counter's packets; or there are rules
        missing, ///< there is no such table or counter, or no further rule
        refused, ///< `error` is an errno
        other,   ///< an answer to another request, or no answer
    };
    Kind kind = Kind::other;
    std::uint64_t value = 0;
    int error = 0;
};

/// Reads a datagram; `sequence` is that of the request it has to answer. Any bytes are fine.
[[nodiscard]] DivertAnswer parse_divert_answer(Bytes datagram, std::uint32_t sequence);

} // namespace nfsieve
