// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/check_report.h"
#include "nfsieve/app/commands.h"
#include "nfsieve/app/rule_reload.h"

#include <ostream>

namespace nfsieve {

namespace {

CheckReport check(const CheckOptions& options) {
    CheckReport report;
    ReadConfig read;
    if (!options.config.empty())
        read = read_config(options.config);
    const auto files = all_rule_files(read.config.reloadable, options.rules);
    report.files = files.size();
    report.errors = std::move(read.errors);
    // A configuration with errors may name no rules for that reason; what it does name is still worth a look.
    if (!report.errors.empty() && files.empty())
        return report;
    LoadedRules loaded = load_rules(files);
    report.loaded = loaded.loaded;
    report.refused = loaded.refused;
    report.errors.insert(report.errors.end(), loaded.errors.begin(), loaded.errors.end());
    if (loaded.rules) {
        report.patterns = loaded.rules->patterns().size();
        report.groups = loaded.rules->groups().size();
    }
    return report;
}

} // namespace

int check_command(const CheckOptions& options, const Streams& streams) {
    const CheckReport report = check(options);
    if (options.json) {
        streams.out << to_json(report) << "\n";
    } else {
        for (const RuleError& error : report.errors)
            streams.err << error.to_string() << "\n";
        streams.out << to_text(report) << "\n";
    }
    return report.errors.empty() ? 0 : 1;
}

} // namespace nfsieve
