// SPDX-License-Identifier: GPL-2.0-or-later
// Everything that the daemon owns.
#pragma once

#include "nfsieve/app/control_socket.h"
#include "nfsieve/app/daemon.h"
#include "nfsieve/app/kernel_account.h"
#include "nfsieve/app/notifier.h"
#include "nfsieve/app/offload.h"
#include "nfsieve/app/reloader.h"
#include "nfsieve/app/rule_reload.h"
#include "nfsieve/app/rule_set_store.h"
#include "nfsieve/app/status.h"
#include "nfsieve/app/worker.h"
#include "nfsieve/base/unique_fd.h"
#include "nfsieve/io/divert_counter.h"
#include "nfsieve/io/nft_watch.h"
#include "nfsieve/telemetry/event_writer.h"
#include "no_events.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <spdlog/logger.h>
#include <string>
#include <vector>

namespace nfsieve {

inline constexpr auto account_interval = std::chrono::seconds(1);

/// start, serve and stop are called in this order by one thread; the reload runs in another.
class Daemon {
public:
    /// `log` outlives it.
    Daemon(RunOptions options, SealedConfig config, spdlog::logger& log, Notifier notifier);
    ~Daemon();
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;

    /// Binds all queues and starts the workers; says `ready` once packets are being judged.
    [[nodiscard]] Result<void> start(const LoadedRules& loaded);
    /// Answers signals until one says stop, or a worker fails: that is the error.
    [[nodiscard]] Result<void> serve(const UniqueFd& signals);
    /// Ends the workers and writes the last counters.
    void stop();

private:
    [[nodiscard]] Result<void> open_workers();
    [[nodiscard]] EventSink& sink_for(Counters& counters);
    [[nodiscard]] Result<void> worker_failure();
    /// False where the signal says stop.
    bool take_signal(int signal);
    [[nodiscard]] int poll_timeout() const;
    void feed_watchdog();
    void write_counters();
    [[nodiscard]] CounterValues sum_counters() const;
    [[nodiscard]] HistogramValues sum_times() const;
    [[nodiscard]] std::string judging() const;

    [[nodiscard]] Result<void> open_account();
    [[nodiscard]] Result<void> open_offload();
    /// Looks at our nftables tables after somebody has changed something.
    void watch_tables();
    void report_tables(bool loaded, const std::vector<std::string>& tables);
    /// Serves the control socket, and looks at the kernel's counts once a second.
    void keep_account(std::chrono::steady_clock::time_point now);
    void report_full_queues(const KernelView& view);
    void report_full_queue(std::uint64_t packets, const char* action);
    [[nodiscard]] std::string status();

    /// Keeps the numbers of what is put in force, and logs what is left out.
    void note_rules(const LoadedRules& loaded);

    // In the reloader's thread:
    void reload();
    void refuse_reload(const std::vector<RuleError>& errors);
    void note_reload(const std::vector<RuleError>& errors);
    [[nodiscard]] bool wait_for_workers() const;
    void wait_for_ticks() const;

    RunOptions options_;
    SealedConfig config_;
    spdlog::logger& log_;
    Notifier notifier_;
    std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
    std::chrono::microseconds watchdog_interval_{0}; ///< zero: nobody watches
    std::chrono::steady_clock::time_point watchdog_fed_ = started_;
    std::vector<std::uint64_t> heartbeats_; ///< of the workers, when the watchdog was last fed

    RuleSetStore store_;
    std::atomic<std::size_t> rule_count_{0}, skipped_count_{0}, out_of_scope_count_{0};
    std::mutex reloads_mutex_; ///< guards reloads_
    ReloadHistory reloads_;
    std::atomic<bool> stop_{false};
    UniqueFd worker_ended_;               ///< eventfd, written by a worker whose thread ends
    std::unique_ptr<EventWriter> events_; ///< null: no events file
    NoEvents no_events_;
    HostTable hosts_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::unique_ptr<Offload> offload_;
    std::unique_ptr<NftWatch> nft_watch_;
    std::vector<std::string> diverting_; ///< tables of ours that diverted packets at the last look
    std::unique_ptr<DivertCounters> divert_counters_;
    std::unique_ptr<KernelAccount> account_;
    std::unique_ptr<ControlSocket> control_; ///< null: not configured
    std::chrono::steady_clock::time_point account_kept_ = started_;
    std::uint64_t full_queue_drops_ = 0; ///< that were reported
    std::int64_t full_queue_accepts_ = 0;
    std::unique_ptr<Reloader> reloader_;
};

} // namespace nfsieve
