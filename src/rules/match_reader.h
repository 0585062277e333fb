// SPDX-License-Identifier: GPL-2.0-or-later
// A rule's "match" and "tests".
#pragma once

#include "complaints.h"

#include <optional>

namespace nfsieve {

/// Reads a "match" object. Nothing where there was a complaint.
[[nodiscard]] std::optional<MatchSpec> read_match(const LocatedJson& json, Complaints& complaints);

/// A text or {"hex": "de ad"}. `what` names it in complaints. Nothing where there was a complaint.
[[nodiscard]] std::optional<std::string> read_bytes(const LocatedJson& json, std::string_view what,
                                                    Complaints& complaints);

} // namespace nfsieve
