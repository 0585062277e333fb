// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/done_report.h"

#include "nfsieve/rules/finality.h"

#include <algorithm>

namespace nfsieve {
namespace {

std::vector<PortRange> joined(std::vector<PortRange> ports) {
    std::sort(ports.begin(), ports.end());
    std::vector<PortRange> all;
    for (const PortRange& range : ports) {
        if (!all.empty() && all.back().last + 1U == range.first)
            all.back().last = range.last;
        else
            all.push_back(range);
    }
    return all;
}

std::string ports_text(const std::vector<PortRange>& ports) {
    std::string text;
    for (const PortRange& range : ports) {
        text += (text.empty() ? "" : ", ") + std::to_string(range.first);
        if (range.last != range.first)
            text += "-" + std::to_string(range.last);
    }
    return text;
}

std::string named(const Rule& rule) {
    const Place& place = rule.label.place;
    return "rule " + rule.label.id +
           (place.file.empty() ? "" : " (" + place.file + ":" + std::to_string(place.line) + ")");
}

/// What rules about payload leave: empty for nothing, and at once.
std::string behind_payload(const PortFinality& ports) {
    const auto bytes = [&](std::size_t side, const char* who) {
        return ports.reach[side] == 0
                   ? std::string()
                   : "the " + std::string(who) + " has sent " + std::to_string(ports.reach[side]) + " bytes";
    };
    const std::string client = bytes(0, "client"), server = bytes(1, "server");
    if (client.empty() && server.empty())
        return "";
    return "once " + client + (client.empty() || server.empty() ? "" : " and ") + server;
}

std::string when(const RuleSet& rules, const PortFinality& ports, std::uint64_t depth) {
    const auto rule = [&](std::uint32_t index) { return named(rules.rules()[index]); };
    const std::string encrypted =
        ports.until_encrypted ? "TLS and SSH once both ends encrypt what they say; " : "";
    const std::string others = encrypted.empty() ? "" : encrypted + "all else ";
    for (const std::size_t side : {0U, 1U})
        if (ports.reach[side] == no_limit)
            return others + "never: " + rule(ports.keepers[side]) + " may match anywhere in what the " +
                   (side == 0 ? "client" : "server") + " sends";
    const std::string payload = behind_payload(ports);
    const auto http = static_cast<std::size_t>(AppProtocol::http),
               tls = static_cast<std::size_t>(AppProtocol::tls);
    if (!ports.transactions[http] && !ports.transactions[tls])
        return payload.empty() ? "at the handshake" : others + payload;
    std::string text;
    if (ports.transactions[http])
        text += "HTTP " +
                (depth == no_limit ? "never"
                                   : "once both ends have sent " + std::to_string(depth) + " bytes (depth)") +
                ": " + rule(ports.readers[http]) + " reads each request; ";
    if (ports.until_encrypted)
        text += encrypted;
    else if (ports.transactions[tls])
        text += "TLS behind its handshake, for " + rule(ports.readers[tls]) + "; ";
    return text + "all else once it is known to be neither" + (payload.empty() ? "" : ", and " + payload);
}

} // namespace

std::vector<DonePorts> done_report(const RuleSet& rules, std::uint64_t depth) {
    std::vector<DonePorts> report;
    std::vector<std::vector<PortRange>> all_ports;
    for (PortFinality& ports : describe_finality(rules)) {
        for (std::uint64_t& reach : ports.reach)
            reach = std::min(reach, depth);
        const std::string words = when(rules, ports, depth);
        const auto known = std::find_if(report.begin(), report.end(),
                                        [&](const DonePorts& other) { return other.when == words; });
        const auto at = static_cast<std::size_t>(known - report.begin());
        if (known == report.end()) {
            report.push_back({{}, words, {}});
            all_ports.emplace_back();
        }
        all_ports[at].insert(all_ports[at].end(), ports.ports.begin(), ports.ports.end());
        DonePorts& made = report[at];
        const auto keep = [&](bool keeps, std::uint32_t rule) {
            const std::string& id = rules.rules()[keeps ? rule : 0].label.id;
            if (keeps && std::find(made.keepers.begin(), made.keepers.end(), id) == made.keepers.end())
                made.keepers.push_back(id);
        };
        if (rules.rules().empty())
            continue;
        for (const std::size_t side : {0U, 1U})
            keep(ports.reach[side] != 0, ports.keepers[side]);
        for (const std::size_t protocol : {1U, 2U})
            keep(ports.transactions[protocol], ports.readers[protocol]);
    }
    for (std::size_t at = 0; at < report.size(); ++at)
        report[at].ports = ports_text(joined(std::move(all_ports[at])));
    return report;
}

} // namespace nfsieve
