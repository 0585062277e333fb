// SPDX-License-Identifier: GPL-2.0-or-later
// Exact set arithmetic on ports, for lists that mix ports with exceptions.
#pragma once

#include "nfsieve/rules/endpoint.h"

#include <optional>
#include <vector>

namespace nfsieve {

/// What is in `included` (any port where it is empty) and not in `excluded`, in any order and overlapping at
/// will. Nothing where no port is left.
[[nodiscard]] std::optional<PortSet> ports_left(std::vector<PortRange> included,
                                                const std::vector<PortRange>& excluded);

/// The ranges of a set; the whole range where the set means any port.
[[nodiscard]] std::vector<PortRange> ranges_of(const PortSet& set);

} // namespace nfsieve
