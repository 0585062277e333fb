// SPDX-License-Identifier: GPL-2.0-or-later
// What one reload does.
#pragma once

#include "nfsieve/app/config.h"
#include "nfsieve/app/rule_loader.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace nfsieve {

/// What a reload found. Rules are null where the old set stays in force.
struct ReloadResult {
    LoadedRules loaded;
    std::vector<std::string> restart_keys; ///< sealed keys that have changed on disk
};

/// Reads the configuration file again and loads the rules that it and `extra_rules` name. `config_file` may
/// be empty: no configuration. Never throws: running out of memory is an error like others.
[[nodiscard]] ReloadResult reload_rules(const std::filesystem::path& config_file,
                                        const std::vector<std::filesystem::path>& extra_rules,
                                        const SealedConfig& running);

/// The configuration's rule files and then the command line's; names with *, ? or [ stand for the files that
/// they fit.
[[nodiscard]] std::vector<std::filesystem::path>
all_rule_files(const ReloadableConfig& config, const std::vector<std::filesystem::path>& extra_rules);

} // namespace nfsieve
