// SPDX-License-Identifier: GPL-2.0-or-later
// What becomes of each keyword of Suricata's rule language. docs/suricata.md shows the same table.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace nfsieve {

/// One keyword of Suricata 7.
struct KeywordInfo {
    enum class Status : std::uint8_t {
        honoured,     ///< does what Suricata does
        accepted,     ///< read, and without effect on what matches
        refused,      ///< an error: it cannot be honoured exactly
        out_of_scope, ///< belongs to another protocol: the rule is set aside under the protocol's name
    };
    std::string_view name;
    Status status = Status::honoured;
    /// honoured: a restriction, mostly empty. accepted: why it has no effect. refused: why, and what instead.
    /// out_of_scope: the protocol.
    std::string_view note;
};

/// All keywords, in the order of the documentation: by subject. Constant; any thread.
[[nodiscard]] std::span<const KeywordInfo> suricata_keywords();

/// "honoured", "accepted", "refused", "out of scope".
[[nodiscard]] std::string_view name(KeywordInfo::Status status);

} // namespace nfsieve
