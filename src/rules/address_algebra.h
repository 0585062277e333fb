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

/// What is in any of `included` (everything where there is none) and in none of `excluded`. It can be that no
/// address is left: without_exceptions() tells.
[[nodiscard]] AddressSet addresses_left(std::vector<AddressSet> included,
                                        const std::vector<AddressSet>& excluded);

/// The block of `length` bits that an address lies in.
[[nodiscard]] Prefix block_of(const Address& address, unsigned length);

/// The addresses from `first` to `last`, both included; empty where they run backwards.
[[nodiscard]] std::vector<Prefix> blocks_between(const Address& first, const Address& last);

} // namespace nfsieve
