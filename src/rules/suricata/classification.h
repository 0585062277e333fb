// SPDX-License-Identifier: GPL-2.0-or-later
// The usual classtypes: what Suricata's classification.config says of them.
#pragma once

#include <cstdint>
#include <string_view>

namespace nfsieve::suricata {

struct Classification {
    std::string_view name, description;
    std::uint32_t priority;
};

/// Null for a classtype that is none of the usual ones.
[[nodiscard]] const Classification* find_classification(std::string_view name);

} // namespace nfsieve::suricata
