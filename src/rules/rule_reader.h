// SPDX-License-Identifier: GPL-2.0-or-later
// One rule object.
#pragma once

#include "set_reader.h"

namespace nfsieve {

/// Reads one element of "rules". Nothing where it has no usable id; else what could be read of it, and the
/// rest is in the complaints.
[[nodiscard]] std::optional<RuleSpec> read_rule(const LocatedJson& json, SetReader& sets,
                                                Complaints& complaints);

/// The number in EVE's alert.signature_id: the id itself where it is a decimal number up to 2^31-1, else a
/// hash of 31 bits. Never 0.
[[nodiscard]] std::uint32_t signature_id_of(std::string_view id);

/// One of `names` by its index; complains and returns nothing for anything else.
[[nodiscard]] std::optional<std::size_t> read_choice(const LocatedJson& json, std::string_view what,
                                                     std::span<const std::string_view> names,
                                                     Complaints& complaints);

} // namespace nfsieve
