// SPDX-License-Identifier: GPL-2.0-or-later
// The daemon's account: a look once a second, events about full queues, the answers on the control socket.
#include "daemon_state.h"

#include "nfsieve/app/commands.h"
#include "nfsieve/app/control_protocol.h"
#include "nfsieve/app/status.h"
#include "nfsieve/io/queue_status.h"

#include <algorithm>
#include <iterator>
#include <unistd.h>

namespace nfsieve {

namespace {

Time wall_clock() {
    return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

} // namespace

Result<void> Daemon::open_account() {
    auto counters = open_divert_counters();
    if (!counters)
        return counters.error();
    divert_counters_ = *std::move(counters);
    KernelAccount::Sources sources;
    sources.counters = [this] { return sum_counters(); };
    sources.queue_list = read_queue_status_file;
    sources.tables = [this] { return divert_counters_->read(); };
    account_ = std::make_unique<KernelAccount>(config_.queues, std::move(sources));
    account_->look();
    if (!config_.control_socket)
        return {};
    auto control = ControlSocket::open(*config_.control_socket, [this](std::string_view request) {
        return answer_control(request, [this] { return status(); });
    });
    if (!control)
        return control.error();
    control_ = *std::move(control);
    return {};
}

Result<void> Daemon::open_offload() {
    auto watch = open_nft_watch();
    if (!watch)
        return watch.error();
    nft_watch_ = *std::move(watch);
    auto kernel = open_kernel_marks();
    if (!kernel)
        return kernel.error();
    offload_ = std::make_unique<Offload>(config_.engine.marks, config_.offload, *std::move(kernel),
                                         [this](const std::string& message) { log_.warn("{}", message); });
    offload_->advance();
    store_.set_mark(store_.generation(), offload_->generation());
    diverting_ = account_->look().diverting();
    return {};
}

void Daemon::watch_tables() {
    std::vector<std::string> now = account_->look().diverting();
    std::vector<std::string> gone, come;
    std::set_difference(diverting_.begin(), diverting_.end(), now.begin(), now.end(),
                        std::back_inserter(gone));
    std::set_difference(now.begin(), now.end(), diverting_.begin(), diverting_.end(),
                        std::back_inserter(come));
    diverting_ = std::move(now);
    if (!gone.empty())
        report_tables(false, gone);
    if (!come.empty())
        report_tables(true, come);
    offload_->restore();
    store_.set_mark(store_.generation(), offload_->generation());
}

void Daemon::report_tables(bool loaded, const std::vector<std::string>& tables) {
    std::string names;
    for (const std::string& table : tables)
        names += (names.empty() ? "inet " : ", inet ") + table;
    if (loaded)
        log_.info("our nftables tables are loaded ({}): packets are diverted again", names);
    else
        log_.error("our nftables tables are gone, or their rules are ({}): {} uninspected; "
                   "load /etc/nfsieve/gateway.nft, or what `nfsieve nft` prints",
                   names,
                   diverting_.empty() ? "no packet is diverted any more, and all pass"
                                      : "what they diverted now passes");
    if (events_)
        events_->write_line(to_eve_tables(loaded, tables, wall_clock()));
}

void Daemon::keep_account(std::chrono::steady_clock::time_point now) {
    if (control_)
        control_->serve(now);
    if (now - account_kept_ < account_interval)
        return;
    account_kept_ = now;
    report_full_queues(account_->look());
}

/// What a full queue drops the workers count; what it accepts nobody counts, and only the comparison shows.
void Daemon::report_full_queues(const KernelView& view) {
    const std::uint64_t dropped = view.counters[Counter::queue_overruns];
    if (dropped > full_queue_drops_)
        report_full_queue(dropped - full_queue_drops_, "drop");
    full_queue_drops_ = dropped;
    if (!config_.fail_open || !view.comparable || view.rest <= full_queue_accepts_)
        return;
    report_full_queue(static_cast<std::uint64_t>(view.rest - full_queue_accepts_), "accept");
    full_queue_accepts_ = view.rest;
}

void Daemon::report_full_queue(std::uint64_t packets, const char* action) {
    log_.warn(
        "a queue was full: {} packets, policy {} (\"on\": queue_full); more queues, or a longer queue_length",
        packets, action);
    if (events_)
        events_->write_line(to_eve_queue_full(packets, action, wall_clock()));
}

std::string Daemon::status() {
    // An interface that went away is not told of: the flowtable has one less.
    if (config_.offload == OffloadMode::flowtable)
        watch_tables();
    Status status;
    status.version = program_version();
    status.process = ::getpid();
    status.now = wall_clock();
    status.started =
        status.now - std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - started_);
    status.rules = rule_count_;
    status.rules_skipped = skipped_count_;
    status.rules_out_of_scope = out_of_scope_count_;
    status.generation = store_.generation();
    status.mark_generation = offload_->generation();
    status.flowtable = offload_->flowtable();
    status.config = config_;
    status.kernel = account_->look();
    status.times = sum_times();
    {
        const std::lock_guard lock(reloads_mutex_);
        status.reloads = reloads_;
    }
    return status_json(status);
}

void Daemon::note_reload(const std::vector<RuleError>& errors) {
    const std::lock_guard lock(reloads_mutex_);
    ++(errors.empty() ? reloads_.taken : reloads_.refused);
    reloads_.last = wall_clock();
    reloads_.error = errors.empty() ? std::string() : errors.front().to_string();
}

} // namespace nfsieve
