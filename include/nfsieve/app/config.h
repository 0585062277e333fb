// SPDX-License-Identifier: GPL-2.0-or-later
// The configuration as plain data: what is sealed once the daemon runs, and what a reload takes up.
#pragma once

#include "nfsieve/app/cpus.h"
#include "nfsieve/app/queue_range.h"
#include "nfsieve/app/rule_loader.h"
#include "nfsieve/engine/config.h"
#include "nfsieve/rules/spec.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nfsieve {

enum class Hook : std::uint8_t { forward, input, output };

/// The hook's name in nftables.
[[nodiscard]] const char* name(Hook hook);

enum class LogLevel : std::uint8_t { debug, info, warn, error };

/// Who forwards connections that are done.
enum class OffloadMode : std::uint8_t {
    off,       ///< nfsieve: every packet comes by
    marks,     ///< the kernel's forward path, which knows them by their marks
    flowtable, ///< the kernel's flowtable, ahead of that path, which they get into by their marks
};

/// What `nfsieve nft` diverts. The daemon itself only reads packets.
struct DivertConfig {
    std::vector<Hook> hooks{Hook::forward};
    std::vector<std::string> interfaces; ///< empty: all but lo
    PortSet ports;                       ///< server ports; no ranges: all
    bool bypass = false;                 ///< on.no_daemon is "accept"
    bool operator==(const DivertConfig&) const = default;
};

/// What is fixed for as long as the daemon runs.
struct SealedConfig {
    QueueRange queues;
    std::vector<std::uint32_t> affinity; ///< the CPU of each queue's worker, in turn; empty: any
    std::uint32_t queue_length = 16384;  ///< packets a queue may hold in the kernel
    std::size_t receive_buffer = 0;      ///< bytes of socket buffer a queue; 0: sized for queue_length
    bool conntrack = false;              ///< ask the kernel for conntrack zones
    bool fail_open = false;              ///< on.queue_full is "accept"
    OffloadMode offload = OffloadMode::marks;
    EngineConfig engine; ///< memory caps are for the whole daemon: see worker_engine_config()
    std::optional<std::filesystem::path> events_file;    ///< "-": stdout; none: no events
    std::optional<std::filesystem::path> control_socket; ///< where `nfsieve status` asks; none: nowhere
    LogLevel log = LogLevel::info;
    DivertConfig divert;

    /// The CPU that the worker of this queue, counted from the first, is bound to; none: to no one.
    [[nodiscard]] std::optional<std::uint32_t> cpu_of(std::size_t queue) const {
        return affinity.empty() ? std::nullopt : std::optional(affinity[queue % affinity.size()]);
    }
};

/// What SIGHUP takes up from a changed configuration file. The contents of the rule files are read again in
/// any case.
struct ReloadableConfig {
    std::vector<std::filesystem::path> rules; ///< in the order in which they are read
    RuleOptions rule_options;
};

struct Config {
    SealedConfig sealed;
    ReloadableConfig reloadable;
};

/// A configuration, and every complaint about it in file order; to be used only where `errors` is empty.
struct ReadConfig {
    Config config;
    std::vector<RuleError> errors; ///< `rule` is empty in each
};

/// Reads a configuration file. Relative paths in it are relative to its own directory. Missing, empty and
/// over-large (1 MiB) files and directories are errors that say so.
[[nodiscard]] ReadConfig read_config(const std::filesystem::path& file);

/// The same for a text; `file` names places and is the base of relative paths. `cpus` are those that workers
/// can be bound to.
[[nodiscard]] ReadConfig parse_config(std::string_view text, const std::filesystem::path& file,
                                      const Cpus& cpus = own_cpus());

/// What one of `workers` engines may use: its share of the memory caps.
[[nodiscard]] EngineConfig worker_engine_config(const SealedConfig& config, std::uint32_t workers);

/// The keys under which two configurations differ in what is sealed: changes that need a restart.
[[nodiscard]] std::vector<std::string> sealed_changes(const SealedConfig& running, const SealedConfig& read);

} // namespace nfsieve
