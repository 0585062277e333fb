// SPDX-License-Identifier: GPL-2.0-or-later
// Exact set arithmetic on address blocks, for lists that mix sets with exceptions.
#pragma once

#include "nfsieve/rules/spec.h"

namespace nfsieve {

/// The same addresses as blocks without exceptions. Up to 128 blocks for each exception.
[[nodiscard]] std::vector<Prefix> without_exceptions(const AddressSet& set);

/// True where `outer` holds every address of `inner`.
[[nodiscard]] bool covers(const Prefix& outer, const Prefix& inner);

/// What one entry means. A short IPv6 prefix such as ::/0 would hold the IPv4-mapped block in which IPv4
/// addresses are kept; it means IPv6 addresses only.
[[nodiscard]] AddressSet addresses_of(const Prefix& prefix, bool written_as_v6);

} // namespace nfsieve
