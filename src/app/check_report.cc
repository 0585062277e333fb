// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/check_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace nfsieve {

namespace {

std::string counted(std::size_t count, const char* noun) {
    return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::size_t sum(const OutOfScope& by_protocol) {
    std::size_t all = 0;
    for (const auto& [protocol, count] : by_protocol)
        all += count;
    return all;
}

std::string suricata_line(const CheckReport& report) {
    std::string text;
    const auto add = [&](const std::string& part) { text += (text.empty() ? "\n" : "; ") + part; };
    if (!report.out_of_scope.empty()) {
        std::string protocols;
        for (const auto& [protocol, count] : report.out_of_scope)
            protocols += (protocols.empty() ? "" : ", ") + protocol + " " + std::to_string(count);
        add("out of scope: " + protocols);
    }
    if (report.disabled != 0)
        add(std::to_string(report.disabled) + " disabled");
    if (report.packet_bound != 0)
        add(std::to_string(report.packet_bound) + " packet_bound (held against packets as they arrive, too)");
    if (report.turned_to_drop != 0)
        add(std::to_string(report.turned_to_drop) + " turned from alert to drop");
    return text;
}

/// Sets for single hosts and ports can have many kinds of ports; JSON has them all.
constexpr std::size_t most_lines = 20;

std::string done_lines(const CheckReport& report) {
    if (report.done.empty())
        return "";
    std::string text = "\nconnections are done, and left to the kernel:";
    if (report.default_action != Action::accept)
        return text + " where an accept rule has matched (the default is not to accept)";
    for (std::size_t i = 0; i < std::min(report.done.size(), most_lines); ++i)
        text += "\n  ports " + report.done[i].ports + ": " + report.done[i].when;
    if (report.done.size() > most_lines)
        text += "\n  and " + std::to_string(report.done.size() - most_lines) +
                " more kinds of ports: --json has all";
    return text;
}

nlohmann::ordered_json to_json(const std::vector<DonePorts>& done) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const DonePorts& ports : done)
        list.push_back({{"ports", ports.ports}, {"when", ports.when}, {"keepers", ports.keepers}});
    return list;
}

nlohmann::ordered_json to_json(const std::vector<RuleError>& complaints) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const RuleError& error : complaints) {
        nlohmann::ordered_json entry{{"file", error.place.file},
                                     {"line", error.place.line},
                                     {"column", error.place.column},
                                     {"rule", nullptr},
                                     {"message", error.message}};
        if (!error.rule.empty())
            entry["rule"] = error.rule;
        list.push_back(std::move(entry));
    }
    return list;
}

} // namespace

std::string to_text(const CheckReport& report) {
    std::string text = counted(report.files, "rule file") + ": " + counted(report.loaded, "rule") +
                       " loaded, " + std::to_string(report.refused) + " refused, " +
                       std::to_string(sum(report.out_of_scope)) + " out of scope";
    if (report.errors.empty())
        text += "; " + counted(report.patterns, "pattern") + " in " + counted(report.groups, "group");
    else
        text += "; " + counted(report.errors.size(), "error");
    return text + suricata_line(report) + done_lines(report);
}

std::string to_json(const CheckReport& report) {
    const nlohmann::ordered_json object{
        {"loaded", report.loaded},
        {"refused", report.refused},
        {"out_of_scope", sum(report.out_of_scope)},
        {"out_of_scope_by_protocol", report.out_of_scope},
        {"disabled", report.disabled},
        {"packet_bound", report.packet_bound},
        {"turned_to_drop", report.turned_to_drop},
        {"files", report.files},
        {"patterns", report.patterns},
        {"groups", report.groups},
        {"done", to_json(report.done)},
        {"errors", to_json(report.errors)},
        {"skipped", to_json(report.skipped)},
        {"warning",
         report.warning.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(report.warning)},
    };
    // Messages quote what stands in hostile files: bytes that are not UTF-8 become U+FFFD.
    return object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

} // namespace nfsieve
