// SPDX-License-Identifier: GPL-2.0-or-later
// Addresses and ports of a rule's header, with the configuration's variables in them.
#pragma once

#include "nfsieve/base/result.h"
#include "nfsieve/rules/endpoint.h"
#include "nfsieve/rules/suricata_reader.h"

#include <map>
#include <string>
#include <string_view>

namespace nfsieve::suricata {

/// Reads lists such as "[10.0.0.0/8,!$DMZ]" and "![80,8000:8100]". Remembers every list that it has read:
/// rule files repeat a few thousands of times the same ones. Borrows the options. One thread.
class EndpointReader {
public:
    explicit EndpointReader(const SuricataOptions& options) : options_(options) {}

    /// Errors are sentences without a place.
    [[nodiscard]] const Result<AddressSet>& addresses(std::string_view list);
    [[nodiscard]] const Result<PortSet>& ports(std::string_view list);

private:
    struct Entry {
        bool negated;
        std::string_view text;
    };
    [[nodiscard]] static Result<std::vector<Entry>> entries(std::string_view list);
    [[nodiscard]] Result<AddressSet> read_addresses(std::string_view list, unsigned depth);
    [[nodiscard]] Result<PortSet> read_ports(std::string_view list, unsigned depth);
    [[nodiscard]] Result<AddressSet> one_address(std::string_view text, unsigned depth);
    [[nodiscard]] Result<PortSet> one_port(std::string_view text, unsigned depth);

    const SuricataOptions& options_;
    std::map<std::string, Result<AddressSet>, std::less<>> addresses_;
    std::map<std::string, Result<PortSet>, std::less<>> ports_;
};

} // namespace nfsieve::suricata
