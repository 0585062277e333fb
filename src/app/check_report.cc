// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/check_report.h"

#include <nlohmann/json.hpp>

namespace nfsieve {

namespace {

std::string counted(std::size_t count, const char* noun) {
    return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

} // namespace

std::string to_text(const CheckReport& report) {
    std::string text = counted(report.files, "rule file") + ": " + counted(report.loaded, "rule") +
                       " loaded, " + std::to_string(report.refused) + " refused, " +
                       std::to_string(report.out_of_scope) + " out of scope";
    if (report.errors.empty())
        return text + "; " + counted(report.patterns, "pattern") + " in " + counted(report.groups, "group");
    return text + "; " + counted(report.errors.size(), "error");
}

std::string to_json(const CheckReport& report) {
    nlohmann::ordered_json errors = nlohmann::ordered_json::array();
    for (const RuleError& error : report.errors) {
        nlohmann::ordered_json entry{{"file", error.place.file},
                                     {"line", error.place.line},
                                     {"column", error.place.column},
                                     {"rule", nullptr},
                                     {"message", error.message}};
        if (!error.rule.empty())
            entry["rule"] = error.rule;
        errors.push_back(std::move(entry));
    }
    const nlohmann::ordered_json object{
        {"loaded", report.loaded},     {"refused", report.refused},   {"out_of_scope", report.out_of_scope},
        {"files", report.files},       {"patterns", report.patterns}, {"groups", report.groups},
        {"errors", std::move(errors)},
    };
    // Messages quote what stands in hostile files: bytes that are not UTF-8 become U+FFFD.
    return object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

} // namespace nfsieve
