// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/daemon.h"

#include "daemon_state.h"
#include "nfsieve/app/logging.h"
#include "nfsieve/app/signals.h"

#include <csignal>

namespace nfsieve {

namespace {

void log_errors(spdlog::logger& log, const std::vector<RuleError>& errors) {
    for (const RuleError& error : errors)
        log.error("{}", error.to_string());
}

} // namespace

int run_daemon(const RunOptions& options) {
    // Before any thread starts, so that all of them leave the signals to this one.
    auto signals = open_signals();

    ReadConfig read;
    if (!options.config.empty())
        read = read_config(options.config);
    SealedConfig& sealed = read.config.sealed;
    if (options.queues)
        sealed.queues = *options.queues;
    const auto log = make_logger(sealed.log);
    log_errors(*log, read.errors);
    if (!signals)
        log->error("{}", signals.error().message);
    if (!read.errors.empty() || !signals)
        return 1;

    const LoadedRules loaded = load_rules(all_rule_files(read.config.reloadable, options.rules),
                                          read.config.reloadable.rule_options);
    log_errors(*log, loaded.errors);
    if (!loaded.rules)
        return 1;

    Daemon daemon(options, sealed, *log, Notifier::systemd());
    if (const auto started = daemon.start(loaded); !started) {
        log->error("{}", started.error().message);
        return 1;
    }
    const auto ended = daemon.serve(*signals);
    daemon.stop();
    if (!ended)
        log->critical("{}", ended.error().message);
    return ended ? 0 : 1;
}

} // namespace nfsieve
