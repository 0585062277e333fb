// SPDX-License-Identifier: GPL-2.0-or-later
// The daemon's reload, in the reloader's thread: compile, publish, wait until every worker has it.
#include "daemon_state.h"

#include <algorithm>

namespace nfsieve {

namespace {

/// Engines look once a tick, that is every 200 ms; this is for a machine that is short of CPU.
constexpr auto longest_wait = std::chrono::seconds(5);

} // namespace

void Daemon::reload() {
    log_.info("reloading");
    notifier_.reloading();
    ReloadResult result = reload_rules(options_.config, options_.rules, config_);
    for (const std::string& key : result.restart_keys)
        log_.warn("\"{}\" has changed in {}: that takes effect at the next restart", key,
                  options_.config.string());
    if (!result.loaded.rules) {
        refuse_reload(result.loaded.errors);
        return;
    }
    note_rules(result.loaded);
    const bool changed = !judge_alike(*store_.current(), *result.loaded.rules);
    store_.publish(std::move(result.loaded.rules));
    if (!wait_for_workers())
        log_.warn("not every worker has taken the new rules up yet");
    // Only now: a connection that comes back must meet the new rules.
    if (changed)
        offload_->advance();
    store_.set_mark(store_.generation(), offload_->generation());
    wait_for_ticks();
    note_reload({});
    log_.info("reloaded: {}", judging());
    notifier_.ready(judging());
}

void Daemon::refuse_reload(const std::vector<RuleError>& errors) {
    note_reload(errors);
    for (const RuleError& error : errors)
        log_.error("{}", error.to_string());
    log_.error("reload refused, {} error{}: the rules from before stay in force", errors.size(),
               errors.size() == 1 ? "" : "s");
    notifier_.ready("reload refused (" + (errors.empty() ? std::string() : errors.front().to_string()) +
                    "); still " + judging());
}

bool Daemon::wait_for_workers() const {
    const std::uint64_t wanted = store_.generation();
    const auto deadline = std::chrono::steady_clock::now() + longest_wait;
    const auto has_taken = [&](const auto& worker) { return worker->rules().taken() >= wanted; };
    while (!std::all_of(workers_.begin(), workers_.end(), has_taken)) {
        if (stop_ || std::chrono::steady_clock::now() > deadline)
            return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}

/// Until every worker has looked at the store once more.
void Daemon::wait_for_ticks() const {
    const auto deadline = std::chrono::steady_clock::now() + longest_wait;
    for (const auto& worker : workers_) {
        // Of the first of two more looks it is not known what it saw.
        const std::uint64_t wanted = worker->rules().heartbeat() + 2;
        while (worker->rules().heartbeat() < wanted && !stop_ && std::chrono::steady_clock::now() < deadline)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

} // namespace nfsieve
