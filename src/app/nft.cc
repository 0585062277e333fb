// SPDX-License-Identifier: GPL-2.0-or-later
// Keeps to the layout of nftables/gateway.nft and nftables/host.nft, where the reasons stand; a test holds
// the rules printed here against those files.
#include "nfsieve/app/nft.h"

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>

namespace nfsieve {

namespace {

std::string hex(std::uint32_t value) {
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "0x%08" PRIx32, value);
    return text.data();
}

std::string interface_list(const std::vector<std::string>& interfaces) {
    std::string text = "{ ";
    for (const char* separator = ""; const std::string& interface : interfaces) {
        text += separator + ("\"" + interface + "\"");
        separator = ", ";
    }
    return text + " }";
}

std::string port_list(const PortSet& ports) {
    if (ports.ranges.empty())
        return "{ 0-65535 }";
    std::string text = "{ ";
    for (const char* separator = ""; const PortRange& range : ports.ranges) {
        text += separator + std::to_string(range.first);
        if (range.last != range.first)
            text += "-" + std::to_string(range.last);
        separator = ", ";
    }
    return text + " }";
}

/// One queue needs no hash, and so no nft_hash module.
std::string queue_statement(const SealedConfig& config) {
    const std::string flags = config.divert.bypass ? "queue flags bypass to " : "queue to ";
    if (config.queues.count == 1)
        return "counter name diverted " + flags + std::to_string(config.queues.first);
    return "counter name diverted " + flags + "symhash mod " + std::to_string(config.queues.count) +
           " offset " + std::to_string(config.queues.first);
}

struct Chain {
    std::string name;
    std::string hook = {}; ///< empty: only jumped to
    std::string priority = {};
};

bool has_hook(const SealedConfig& config, Hook hook) {
    const auto& hooks = config.divert.hooks;
    return std::find(hooks.begin(), hooks.end(), hook) != hooks.end();
}

bool has_flowtable(const SealedConfig& config) {
    return config.offload == OffloadMode::flowtable && has_hook(config, Hook::forward);
}

/// What the flowtable needs outside our table: it would let a SYN pass that begins another connection.
std::string flowtable_preparation() {
    return "add flowtable inet nfsieve done { hook ingress priority filter; devices = $interfaces; counter; "
           "}\n"
           "add table netdev nfsieve\n"
           "add counter netdev nfsieve stray_syns\n"
           "add chain netdev nfsieve leave { type filter hook egress devices = $interfaces priority filter; "
           "policy accept; }\n"
           "flush chain netdev nfsieve leave\n";
}

std::string flowtable_chains() {
    return "    chain to_flowtable {\n"
           "        flow add @done\n"
           "    }\n\n"
           "    chain leave {\n"
           "        oifname @interfaces tcp flags & (syn | ack) == syn meta mark set meta mark | $seen\n"
           "    }\n\n";
}

std::string leaving_table() {
    return "\ntable netdev nfsieve {\n"
           "    chain leave {\n"
           "        tcp flags & (syn | ack) == syn meta mark & $seen == 0 counter name stray_syns drop\n"
           "        tcp flags & (syn | ack) == syn meta mark set meta mark & $seen_keep\n"
           "    }\n"
           "}\n";
}

/// Adds and empties what the table holds, so that the text can be loaded over an earlier load of itself.
std::string preparation(const std::string& table, const std::vector<Chain>& chains,
                        const SealedConfig& config) {
    const bool sets = !config.divert.interfaces.empty();
    const std::string in = " inet " + table;
    std::string text = "add table" + in + "\n";
    if (sets)
        text += "add set" + in + " interfaces { type ifname; }\n";
    text += "add set" + in + " ports { type inet_service; flags interval; }\n";
    text += "add set" + in + " generation { type mark; }\n";
    for (const char* counter : {"diverted", "offloaded", "blocked"})
        text += "add counter" + in + " " + counter + "\n";
    if (table == "nfsieve")
        text += "add counter" + in + " tunnels\n";
    for (const Chain& chain : chains) {
        text += "add chain" + in + " " + chain.name;
        if (!chain.hook.empty())
            text +=
                " { type filter hook " + chain.hook + " priority " + chain.priority + "; policy accept; }";
        text += "\n";
    }
    text += "\n";
    if (sets)
        text += "flush set" + in + " interfaces\n";
    text += "flush set" + in + " ports\n";
    for (const Chain& chain : chains)
        text += "flush chain" + in + " " + chain.name + "\n";
    text += "\n";
    if (sets)
        text += "add element" + in + " interfaces $interfaces\n";
    return text + "add element" + in + " ports $ports\n\n";
}

std::string options_rules() {
    return "        tcp flags syn reset tcp option mptcp\n"
           "        tcp flags syn reset tcp option fastopen\n";
}

std::string done_rules(const char* pass, bool flowtable) {
    const std::string done =
        "tcp flags & syn == 0 meta mark & $blocked == 0 ct mark & $state_mask == @generation ";
    return (flowtable ? "        iifname @interfaces oifname @interfaces " + done + "jump to_flowtable\n"
                      : "") +
           "        " + done + "counter name offloaded " + pass + "\n";
}

std::string divert_rules(const char* pass) {
    return std::string("        meta mark & $own == $own ") + pass +
           "\n"
           "        meta mark & $blocked == $blocked goto block\n"
           "        tcp flags & syn == 0 ct mark & $blocked == $blocked goto blocked\n"
           "        tcp dport @ports goto to_queue\n"
           "        tcp sport @ports goto to_queue\n";
}

std::string shared_chains(const SealedConfig& config) {
    std::string save = "        meta mark & $generation_mask == 0 return\n";
    for (unsigned generation = 1; generation <= MarkLayout::generations; ++generation) {
        const std::string done = "$done_" + std::to_string(generation);
        save.append("        meta mark & $generation_mask == ").append(done);
        save.append(" ct mark set ct mark & $state_keep | ").append(done).append("\n");
    }
    return "    chain block {\n"
           "        meta mark & $rejected == $rejected ct mark set ct mark & $state_keep | $rejected\n"
           "        meta mark & $rejected == $blocked ct mark set ct mark & $state_keep | $blocked\n"
           "        counter name blocked drop\n"
           "    }\n\n"
           "    chain blocked {\n"
           "        ct mark & $rejected == $rejected counter name blocked reject with tcp reset\n"
           "        counter name blocked drop\n"
           "    }\n\n"
           "    chain to_queue {\n"
           "        ct mark & $generation_mask != 0 meta mark set meta mark & $generation_keep | $returned\n"
           "        tcp flags & syn == syn ct mark & $state_mask != 0 ct mark set ct mark & $state_keep\n"
           "        ct mark & $seen == $seen meta mark set meta mark | $seen\n"
           "        tcp flags & (syn | rst) == 0 ct mark & $seen == 0 ct mark set ct mark | $seen\n"
           "        tcp flags & (syn | ack | rst) == syn ct mark & $seen == 0 ct mark set ct mark | $seen\n"
           "        " +
           queue_statement(config) +
           "\n    }\n\n"
           "    chain save {\n" +
           save + "    }\n}\n";
}

std::string gateway_table(const SealedConfig& config) {
    const bool flowtable = has_flowtable(config);
    std::vector<Chain> chains{{"options", "forward", "mangle"},
                              {"divert", "forward", "filter + 10"},
                              {"block"},
                              {"blocked"},
                              {"to_queue"},
                              {"save", "forward", "filter + 20"}};
    if (flowtable) {
        chains.push_back({"to_flowtable"});
        chains.push_back({"leave", "postrouting", "srcnat + 50"});
    }
    std::string text = preparation("nfsieve", chains, config);
    if (flowtable)
        text += flowtable_preparation() + "\n";
    const std::string others = config.divert.interfaces.empty()
                                   ? ""
                                   : "        iifname != @interfaces oifname != @interfaces accept\n";
    text += "table inet nfsieve {\n    chain options {\n        tcp flags & syn == 0 accept\n" + others +
            options_rules() + "    }\n\n";
    text += "    chain divert {\n" + done_rules("accept", flowtable) + "        iifname \"lo\" accept\n" +
            others + "        meta l4proto { 4, 41, 47, 50, 51 } counter name tunnels\n" +
            divert_rules("accept") + "    }\n\n";
    if (flowtable)
        text += flowtable_chains();
    return text + shared_chains(config) + (flowtable ? leaving_table() : "");
}

std::string host_table(const SealedConfig& config) {
    struct Side {
        Hook hook;
        const char *suffix, *hook_name, *interface_key;
    };
    static constexpr std::array sides{
        Side{Hook::input, "_in", "input", "iifname"},
        Side{Hook::output, "_out", "output", "oifname"},
    };
    static constexpr std::array<std::array<const char*, 2>, 3> stages{
        {{"options", "mangle"}, {"divert", "filter + 10"}, {"save", "filter + 20"}}};

    std::vector<Chain> chains;
    std::string entries;
    for (const auto& [stage, priority] : stages) {
        for (const Side& side : sides) {
            if (!has_hook(config, side.hook))
                continue;
            chains.push_back({std::string(stage) + side.suffix, side.hook_name, priority});
            const std::string which = config.divert.interfaces.empty() ? " != \"lo\"" : " @interfaces";
            const bool options = std::string_view(stage) == "options";
            entries += "    chain " + chains.back().name + " { " +
                       (options ? "tcp flags & syn == syn " : "") + side.interface_key + which + " jump " +
                       stage + "; }\n";
        }
    }
    for (const char* chain : {"options", "divert", "block", "blocked", "to_queue", "save"})
        chains.push_back({chain});
    std::string text = preparation("nfsieve_host", chains, config);
    text +=
        "table inet nfsieve_host {\n" + entries + "\n    chain options {\n" + options_rules() + "    }\n\n";
    text += "    chain divert {\n" + done_rules("return", false) + divert_rules("return") + "    }\n\n";
    return text + shared_chains(config);
}

std::string header(const SealedConfig& config) {
    const MarkLayout& marks = config.engine.marks;
    std::string text =
        "# Printed by `nfsieve nft`; load it with `nft -f -`. Loading it again replaces the rules in one "
        "step.\n"
        "# Needs Linux 5.18 or later. Where the configuration's \"hook\" has changed, delete the old "
        "table first:\n"
        "# nft delete table inet nfsieve (forward), nft delete table inet nfsieve_host (input, output).\n";
    if (has_flowtable(config))
        text += "# The flowtable needs the interfaces to be there. Where they, or \"offload\", have changed, "
                "delete first:\n"
                "# nft delete table netdev nfsieve.\n";
    if (config.divert.bypass)
        text += "# on.no_daemon is \"accept\": while no nfsieve runs, everything passes uninspected.\n";
    else
        text += "# While no nfsieve runs, what is diverted is dropped.\n";
    text += "\n";
    if (!config.divert.interfaces.empty())
        text += "define interfaces = " + interface_list(config.divert.interfaces) + "\n";
    text += "define ports = " + port_list(config.divert.ports) + "\n";
    const auto define = [&text](const std::string& what, std::uint32_t value) {
        text += "define " + what + " = " + hex(value) + "\n";
    };
    const std::uint32_t state = marks.generation_mask() | marks.blocked();
    define("generation_mask", marks.generation_mask());
    define("generation_keep", ~marks.generation_mask());
    define("state_mask", state);
    define("state_keep", ~state);
    for (std::uint32_t generation = 1; generation <= MarkLayout::generations; ++generation)
        define("done_" + std::to_string(generation), marks.done(generation));
    define("returned", marks.returned());
    define("seen", marks.seen());
    if (has_flowtable(config))
        define("seen_keep", ~marks.seen());
    define("blocked", marks.blocked());
    define("rejected", marks.rejected());
    define("own", marks.own());
    return text;
}

} // namespace

std::string nft_ruleset(const SealedConfig& config) {
    const auto has = [&](Hook hook) { return has_hook(config, hook); };
    std::string text = header(config);
    if (has(Hook::forward))
        text += "\n" + gateway_table(config);
    if (has(Hook::input) != has(Hook::output))
        text += "\n# Only one direction is diverted: nfsieve judges such connections by its policy for "
                "\"one_way\".\n"
                "# \"hook\": [\"input\", \"output\"] shows it both.\n";
    if (config.offload == OffloadMode::flowtable && (has(Hook::input) || has(Hook::output)))
        text +=
            "\n# A flowtable is for what is forwarded: here connections that are done pass by their marks.\n";
    if (has(Hook::input) || has(Hook::output))
        text += "\n" + host_table(config);
    return text;
}

} // namespace nfsieve
