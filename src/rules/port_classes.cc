// SPDX-License-Identifier: GPL-2.0-or-later
#include "port_classes.h"

#include <algorithm>
#include <map>
#include <set>

namespace nfsieve {
namespace {

constexpr std::size_t max_distinct_sets = 1024; ///< more could hardly make few classes, and cost time

/// Rules by their server ports: there are far fewer sets than rules.
using RulesByPorts = std::map<std::vector<PortRange>, std::vector<std::uint32_t>>;

RulesByPorts by_ports(std::span<const Rule> rules, const std::vector<std::uint32_t>& members) {
    RulesByPorts sets;
    for (const std::uint32_t rule : members)
        sets[rules[rule].to.ports.ranges].push_back(rule);
    return sets;
}

/// The first ports of the stretches within which nothing changes.
std::set<unsigned> edges(const RulesByPorts& sets) {
    std::set<unsigned> first = {0};
    for (const auto& [ranges, rules] : sets) {
        for (const PortRange& range : ranges) {
            first.insert(range.first);
            first.insert(range.last + 1U);
        }
    }
    first.insert(65536);
    return first;
}

void append(std::vector<PortRange>& ranges, unsigned first, unsigned last) {
    if (!ranges.empty() && ranges.back().last + 1U == first)
        ranges.back().last = static_cast<std::uint16_t>(last);
    else
        ranges.push_back({static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(last)});
}

} // namespace

std::vector<PortClass> one_class(std::span<const Rule> rules, const std::vector<std::uint32_t>& members) {
    if (members.empty())
        return {};
    std::vector<bool> used(65536, false);
    for (const auto& [ranges, set] : by_ports(rules, members)) {
        if (ranges.empty())
            return {{{PortRange{}}, members}};
        for (const PortRange& range : ranges)
            std::fill(used.begin() + range.first, used.begin() + range.last + 1, true);
    }
    PortClass all;
    all.rules = members;
    for (unsigned port = 0; port < 65536; ++port)
        if (used[port])
            append(all.ports, port, port);
    return {all};
}

std::vector<PortClass> classify_ports(std::span<const Rule> rules, const std::vector<std::uint32_t>& members,
                                      std::size_t most) {
    const RulesByPorts sets = by_ports(rules, members);
    if (sets.size() > max_distinct_sets)
        return one_class(rules, members);
    std::vector<PortSet> held;
    for (const auto& [ranges, set_rules] : sets)
        held.push_back({ranges});
    const std::set<unsigned> first = edges(sets);
    std::map<std::vector<std::size_t>, PortClass> classes; // by the sets that hold the port
    for (auto here = first.begin(); *here != 65536; ++here) {
        std::vector<std::size_t> holding;
        for (std::size_t index = 0; index < held.size(); ++index)
            if (held[index].contains(static_cast<std::uint16_t>(*here)))
                holding.push_back(index);
        if (holding.empty())
            continue;
        append(classes[holding].ports, *here, *std::next(here) - 1);
        if (classes.size() > most)
            return one_class(rules, members);
    }
    std::vector<PortClass> result;
    for (auto& [holding, port_class] : classes) {
        std::size_t index = 0, wanted = 0;
        for (const auto& [ranges, set_rules] : sets) {
            if (wanted < holding.size() && holding[wanted] == index) {
                port_class.rules.insert(port_class.rules.end(), set_rules.begin(), set_rules.end());
                ++wanted;
            }
            ++index;
        }
        std::sort(port_class.rules.begin(), port_class.rules.end());
        result.push_back(std::move(port_class));
    }
    return result;
}

} // namespace nfsieve
