// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/rules/finality.h"

#include "nfsieve/rules/rule_set.h"
#include "port_classes.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace nfsieve {
namespace {

constexpr std::size_t max_classes = 64;
constexpr std::uint16_t no_class = 0;

/// Packets with SYN come to the queue whatever became of their connection.
bool asks_for_syn(const SignatureSpec& spec) {
    constexpr std::uint8_t syn = 0x02; // RFC 9293 section 3.1
    return spec.flags && spec.flags->asks_for(syn);
}

std::size_t direction(bool to_server) {
    return to_server ? 0 : 1;
}

bool any_address(const Endpoint& end) {
    return end.addresses.include.empty() && end.addresses.exclude.empty();
}

/// About every connection to one of `ports`.
bool about_all(const Rule& rule, const std::vector<PortRange>& ports) {
    const auto has = [&](const PortRange& range) {
        return std::any_of(
            rule.to.ports.ranges.begin(), rule.to.ports.ranges.end(),
            [&](const PortRange& own) { return own.first <= range.first && range.last <= own.last; });
    };
    return any_address(rule.from) && any_address(rule.to) && rule.from.ports.ranges.empty() &&
           (rule.to.ports.ranges.empty() || std::all_of(ports.begin(), ports.end(), has));
}

/// Whether it looks at transactions of this protocol; with payload beside them it holds where they are.
bool reads(const SignatureSet& set, const Signature& signature, AppProtocol protocol) {
    const auto of_protocol = [&](const SignaturePart& part) {
        return info(set.views()[part.view].buffer).protocol == protocol;
    };
    if (std::any_of(signature.parts.begin(), signature.parts.end(), of_protocol))
        return true;
    const bool tls = protocol == AppProtocol::tls;
    return std::any_of(signature.spec.app_events.begin(), signature.spec.app_events.end(),
                       [tls](const std::string& event) { return (event.rfind("tls.", 0) == 0) == tls; });
}

bool reads_transactions(const SignatureSet& set, const Signature& signature) {
    return reads(set, signature, AppProtocol::http) || reads(set, signature, AppProtocol::tls);
}

/// The rules that read the payload or the packets of one direction, and how far. Of Suricata's rules none is
/// bounded: packets are held against them wherever they stand in the stream.
std::vector<std::uint32_t> readers_of_payload(const RuleSet& set, bool to_server, bool encrypted) {
    const RuleDirection other = to_server ? RuleDirection::to_client : RuleDirection::to_server;
    const SignatureSet& signatures = set.signatures();
    std::vector<std::uint32_t> found;
    for (std::uint32_t index = 0; index < set.rules().size(); ++index) {
        const Rule& rule = set.rules()[index];
        if (rule.direction == other)
            continue;
        if (signatures.empty() || index < signatures.first_rule()) {
            if (!rule.nodes.empty())
                found.push_back(index);
            continue;
        }
        const Signature& signature = signatures.of_rule(index);
        if (!reads_transactions(signatures, signature) && !asks_for_syn(signature.spec) &&
            (!encrypted || !signature.reads_payload || !signatures.skips_encrypted()))
            found.push_back(index);
    }
    return found;
}

std::vector<Keeper> keepers_of(const RuleSet& set, const PortClass& ports) {
    std::vector<Keeper> keepers;
    for (const std::uint32_t rule : ports.rules)
        keepers.push_back({rule, set.rules()[rule].last_offset});
    const auto before = [&](const Keeper& a, const Keeper& b) {
        const bool first = about_all(set.rules()[a.rule], ports.ports);
        const bool second = about_all(set.rules()[b.rule], ports.ports);
        return std::tuple(b.reach, !first, a.rule) < std::tuple(a.reach, !second, b.rule);
    };
    std::sort(keepers.begin(), keepers.end(), before);
    const auto last = std::find_if(keepers.begin(), keepers.end(), [&](const Keeper& keeper) {
        return about_all(set.rules()[keeper.rule], ports.ports);
    });
    if (last != keepers.end())
        keepers.erase(last + 1, keepers.end());
    return keepers;
}

} // namespace

Finality::ByPort Finality::by_port(const RuleSet& set, const std::vector<std::uint32_t>& rules) {
    ByPort made;
    for (const PortClass& ports : classify_ports(set.rules(), rules, max_classes)) {
        if (made.of_port.empty()) {
            made.of_port.assign(65536, no_class);
            made.classes.emplace_back();
        }
        for (const PortRange& range : ports.ports)
            std::fill(made.of_port.begin() + range.first, made.of_port.begin() + range.last + 1,
                      static_cast<std::uint16_t>(made.classes.size()));
        made.classes.push_back(keepers_of(set, ports));
    }
    return made;
}

Finality::Finality(const RuleSet& set) {
    for (const bool to_server : {true, false}) {
        payload_[direction(to_server)] = by_port(set, readers_of_payload(set, to_server, false));
        encrypted_[direction(to_server)] = by_port(set, readers_of_payload(set, to_server, true));
    }
    const SignatureSet& signatures = set.signatures();
    for (const AppProtocol protocol : {AppProtocol::http, AppProtocol::tls}) {
        auto& list = transactions_[static_cast<std::size_t>(protocol)];
        for (std::uint32_t i = 0; i < signatures.signatures().size(); ++i) {
            const std::uint32_t index = signatures.first_rule() + i;
            if (!reads(signatures, signatures.of_rule(index), protocol))
                continue;
            list.push_back({index, no_limit});
            if (!about_all(set.rules()[index], {PortRange{}}))
                continue;
            list = {list.back()};
            break;
        }
    }
}

std::span<const Keeper> Finality::payload(bool to_server, std::uint16_t server_port, bool encrypted) const {
    const ByPort& readers = (encrypted ? encrypted_ : payload_)[direction(to_server)];
    if (readers.of_port.empty())
        return {};
    return readers.classes[readers.of_port[server_port]];
}

std::vector<PortFinality> describe_finality(const RuleSet& set) {
    constexpr std::uint32_t none = 0xffffffff;
    const Finality& finality = set.finality();
    const auto reader = [&](AppProtocol protocol, std::uint16_t port) {
        for (const Keeper& keeper : finality.transactions(protocol))
            if (set.rules()[keeper.rule].to.ports.contains(port))
                return keeper.rule;
        return none;
    };
    using Alike = std::tuple<const Keeper*, const Keeper*, bool, std::uint32_t, std::uint32_t>;
    std::vector<PortFinality> all;
    std::map<Alike, std::size_t> known;
    for (unsigned at = 0; at < 65536; ++at) {
        const auto port = static_cast<std::uint16_t>(at);
        const std::array<std::span<const Keeper>, 2> payload = {finality.payload(true, port),
                                                                finality.payload(false, port)};
        const std::array<std::uint32_t, app_protocol_count> readers = {none, reader(AppProtocol::http, port),
                                                                       reader(AppProtocol::tls, port), none};
        const bool until_encrypted = !(payload[0].empty() && payload[1].empty()) &&
                                     finality.payload(true, port, true).empty() &&
                                     finality.payload(false, port, true).empty();
        const auto first = [](std::span<const Keeper> list) { return list.empty() ? nullptr : list.data(); };
        const auto [entry, fresh] = known.try_emplace(
            Alike(first(payload[0]), first(payload[1]), until_encrypted, readers[1], readers[2]), all.size());
        if (fresh) {
            PortFinality& made = all.emplace_back();
            made.until_encrypted = until_encrypted;
            for (const std::size_t side : {0U, 1U})
                if (!payload[side].empty()) {
                    made.reach[side] = payload[side].front().reach;
                    made.keepers[side] = payload[side].front().rule;
                }
            for (const std::size_t protocol : {1U, 2U})
                if (readers[protocol] != none) {
                    made.transactions[protocol] = true;
                    made.readers[protocol] = readers[protocol];
                }
        }
        auto& ports = all[entry->second].ports;
        if (!ports.empty() && ports.back().last + 1U == at)
            ports.back().last = port;
        else
            ports.push_back({port, port});
    }
    return all;
}

} // namespace nfsieve
