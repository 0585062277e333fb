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
    LoadedRules loaded = load_rules(files, read.config.reloadable.rule_options);
    report.loaded = loaded.loaded;
    report.refused = loaded.refused;
    report.errors.insert(report.errors.end(), loaded.errors.begin(), loaded.errors.end());
    report.skipped = std::move(loaded.skipped);
    report.warning = std::move(loaded.warning);
    report.out_of_scope = std::move(loaded.out_of_scope);
    report.disabled = loaded.disabled;
    report.packet_bound = loaded.packet_bound;
    report.turned_to_drop = loaded.turned_to_drop;
    if (loaded.rules) {
        const SignatureSet& signatures = loaded.rules->signatures();
        report.patterns = loaded.rules->patterns().size() + signatures.literal_count();
        report.groups = loaded.rules->groups().size() + signatures.database_count();
        report.done = done_report(*loaded.rules, read.config.sealed.engine.depth);
        report.default_action = loaded.rules->default_action();
    }
    return report;
}

} // namespace

int check_command(const CheckOptions& options, const Streams& streams) {
    const CheckReport report = check(options);
    if (options.json) {
        streams.out << to_json(report) << "\n";
    } else {
        for (const auto* complaints : {&report.errors, &report.skipped})
            for (const RuleError& error : *complaints)
                streams.err << error.to_string() << "\n";
        if (!report.warning.empty())
            streams.err << report.warning << "\n";
        streams.out << to_text(report) << "\n";
    }
    return report.errors.empty() ? 0 : 1;
}

} // namespace nfsieve
