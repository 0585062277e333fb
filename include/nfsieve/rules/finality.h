// SPDX-License-Identifier: GPL-2.0-or-later
// Until when some rule can still match a connection: what lets a flow go.
#pragma once

#include "nfsieve/rules/buffer.h"
#include "nfsieve/rules/endpoint.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace nfsieve {

class RuleSet;
struct Rule;

/// A rule that keeps flows from being done, and the stream offset behind which it cannot match any more:
/// no_limit where it can match anywhere.
struct Keeper {
    std::uint32_t rule = 0; ///< index into RuleSet::rules()
    std::uint64_t reach = 0;
};

/// Part of a RuleSet, made with it. Immutable; any thread.
class Finality {
public:
    Finality() = default;
    explicit Finality(const RuleSet& set);

    /// Rules about payload, or about packets, in this direction of a connection to `server_port`: those that
    /// reach farthest first. What stands behind a rule about all ends that reaches as far is left out.
    /// `encrypted`: those that go on where both ends of the connection encrypt what they say.
    [[nodiscard]] std::span<const Keeper> payload(bool to_server, std::uint16_t server_port,
                                                  bool encrypted = false) const;
    /// Rules about transactions of this protocol, in no order. What stands beside a rule about all
    /// connections is left out.
    [[nodiscard]] std::span<const Keeper> transactions(AppProtocol protocol) const {
        return transactions_[static_cast<std::size_t>(protocol)];
    }

private:
    struct ByPort {
        std::vector<std::vector<Keeper>> classes;
        std::vector<std::uint16_t> of_port; ///< empty: no rule; 0: none for this port
    };
    [[nodiscard]] static ByPort by_port(const RuleSet& set, const std::vector<std::uint32_t>& rules);

    std::array<ByPort, 2> payload_, encrypted_;                        ///< [to_server, to_client]
    std::array<std::vector<Keeper>, app_protocol_count> transactions_; ///< by AppProtocol
};

/// When flows to some server ports are done.
struct PortFinality {
    std::vector<PortRange> ports;
    std::array<std::uint64_t, 2> reach{};   ///< [client's bytes, server's bytes]: payload rules end there
    std::array<std::uint32_t, 2> keepers{}; ///< the rules that reach so far, where `reach` is not 0
    bool until_encrypted = false; ///< rules keep them that keep none whose ends both encrypt (TLS, SSH)
    std::array<bool, app_protocol_count> transactions{};     ///< by AppProtocol: rules look at these as well
    std::array<std::uint32_t, app_protocol_count> readers{}; ///< one of these, where there is any
};

/// For `check`: all ports, those that are alike together, in the order of their first port. Of a connection
/// between any ends: addresses may let it go earlier.
[[nodiscard]] std::vector<PortFinality> describe_finality(const RuleSet& set);

} // namespace nfsieve
