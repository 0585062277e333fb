// SPDX-License-Identifier: GPL-2.0-or-later
// Addresses and ports that a rule is about.
#pragma once

#include "nfsieve/base/address.h"

#include <cstdint>
#include <vector>

namespace nfsieve {

/// A run of ports.
struct PortRange {
    std::uint16_t first = 0, last = 65535; ///< both inclusive
    auto operator<=>(const PortRange&) const = default;
};

/// Ports, negation already resolved: sorted ranges that do not touch. Empty means any port.
struct PortSet {
    std::vector<PortRange> ranges;
    bool operator==(const PortSet&) const = default;
    [[nodiscard]] bool contains(std::uint16_t port) const { return ranges.empty() || finds(port); }

private:
    [[nodiscard]] bool finds(std::uint16_t port) const;
};

/// Addresses: in one of `include` (any where empty) and in none of `exclude`.
struct AddressSet {
    std::vector<Prefix> include, exclude;
    bool operator==(const AddressSet&) const = default;
    [[nodiscard]] bool contains(const Address& address) const {
        return (include.empty() && exclude.empty()) || finds(address);
    }

private:
    [[nodiscard]] bool finds(const Address& address) const;
};

/// One end of a connection.
struct Endpoint {
    AddressSet addresses;
    PortSet ports;
    bool operator==(const Endpoint&) const = default;
};

} // namespace nfsieve
