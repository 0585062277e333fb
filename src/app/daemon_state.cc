// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon_state.h"

#include "nfsieve/io/large_packets.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <poll.h>
#include <sys/eventfd.h>
#include <systemd/sd-daemon.h>

#include "nfsieve/app/signals.h"
#include "nfsieve/app/stats.h"

namespace nfsieve {

Daemon::Daemon(RunOptions options, SealedConfig config, spdlog::logger& log, Notifier notifier)
    : options_(std::move(options)), config_(std::move(config)), log_(log), notifier_(std::move(notifier)) {
    std::uint64_t microseconds = 0;
    if (::sd_watchdog_enabled(0, &microseconds) > 0)
        watchdog_interval_ = std::chrono::microseconds(microseconds / 3);
}

Daemon::~Daemon() {
    stop_ = true;
}

void Daemon::note_rules(const LoadedRules& loaded) {
    rule_count_ = loaded.rules->rules().size();
    skipped_count_ = loaded.skipped.empty() ? 0 : loaded.refused;
    std::size_t out_of_scope = 0;
    for (const auto& [protocol, count] : loaded.out_of_scope)
        out_of_scope += count;
    out_of_scope_count_ = out_of_scope;
    for (const RuleError& complaint : loaded.skipped)
        log_.warn("{}; the rule is left out", complaint.to_string());
    if (!loaded.warning.empty())
        log_.warn("{}", loaded.warning);
}

Result<void> Daemon::start(const LoadedRules& loaded) {
    note_rules(loaded);
    store_.publish(loaded.rules);
    worker_ended_ = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!worker_ended_)
        return Error{std::string("eventfd: ") + std::strerror(errno)};

    if (auto opened = open_workers(); !opened)
        return opened;
    if (auto opened = open_account(); !opened)
        return opened;
    if (auto opened = open_offload(); !opened)
        return opened;
    for (const LargePacketLink& link : large_packet_links())
        log_.warn("{} joins segments into packets of up to {} bytes, and a queue shows 65531 of them: what "
                  "is cut off follows "
                  "on.truncated; ip link set {} gro_max_size 65536",
                  link.name, link.gro_max_size, link.name);
    for (const auto& worker : workers_) {
        worker->start(stop_, [fd = worker_ended_.get()] { ::eventfd_write(fd, 1); });
        heartbeats_.push_back(0);
    }
    reloader_ = std::make_unique<Reloader>([this] { reload(); });
    // Tools wait for this word: it is said at every log level.
    log_.log(std::max(spdlog::level::info, log_.level()), "ready: {}", judging());
    notifier_.ready(judging());
    return {};
}

EventSink& Daemon::sink_for(Counters& counters) {
    if (events_)
        return events_->add_sink(counters);
    return no_events_;
}

Result<void> Daemon::open_workers() {
    if (config_.events_file) {
        EventWriterConfig config;
        config.file = *config_.events_file;
        config.by_uptime = true;
        config.report = [this](const std::string& message) { log_.error("{}", message); };
        auto writer = open_event_writer(std::move(config));
        if (!writer)
            return writer.error();
        events_ = *std::move(writer);
    }
    for (std::uint32_t i = 0; i < config_.queues.count; ++i) {
        const auto queue = static_cast<std::uint16_t>(config_.queues.first + i);
        auto worker = Worker::open(
            config_, queue, config_.queues.count, store_,
            [&](Counters& counters) -> EventSink& { return sink_for(counters); }, hosts_);
        if (!worker)
            return worker.error();
        workers_.push_back(*std::move(worker));
        log_.debug("queue {} is bound", queue);
    }
    return {};
}

Result<void> Daemon::serve(const UniqueFd& signals) {
    while (true) {
        const int control = control_ ? control_->poll_fd(std::chrono::steady_clock::now()) : -1;
        std::array<pollfd, 4> polled{pollfd{signals.get(), POLLIN, 0}, pollfd{worker_ended_.get(), POLLIN, 0},
                                     pollfd{control, POLLIN, 0}, pollfd{nft_watch_->fd(), POLLIN, 0}};
        if (::poll(polled.data(), polled.size(), poll_timeout()) < 0 && errno != EINTR)
            return Error{std::string("poll: ") + std::strerror(errno)};
        if (polled[1].revents != 0)
            return worker_failure();
        while (const auto signal = next_signal(signals)) {
            if (!take_signal(*signal))
                return {};
        }
        if (nft_watch_->changed())
            watch_tables();
        keep_account(std::chrono::steady_clock::now());
        feed_watchdog();
    }
}

/// In milliseconds: until the account or the watchdog wants something.
int Daemon::poll_timeout() const {
    auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(account_interval);
    if (watchdog_interval_.count() != 0)
        wait = std::min(wait, std::chrono::duration_cast<std::chrono::milliseconds>(watchdog_interval_));
    return static_cast<int>(std::max<std::int64_t>(10, wait.count()));
}

bool Daemon::take_signal(int signal) {
    switch (signal) {
    case SIGHUP:
        if (events_)
            events_->reopen();
        reloader_->request();
        return true;
    case SIGUSR1:
        write_counters();
        return true;
    default:
        log_.info("stopping on {}", signal == SIGTERM ? "SIGTERM" : "SIGINT");
        return false;
    }
}

Result<void> Daemon::worker_failure() {
    // One has ended without being told to; the others must end before any of them can be asked.
    stop_ = true;
    for (const auto& worker : workers_)
        worker->join();
    for (const auto& worker : workers_) {
        if (worker->failure())
            return Error{"queue " + std::to_string(worker->queue()) + ": " + worker->failure()->message};
    }
    return Error{"a worker ended without a reason"};
}

void Daemon::feed_watchdog() {
    const auto now = std::chrono::steady_clock::now();
    if (watchdog_interval_.count() == 0 || now - watchdog_fed_ < watchdog_interval_ / 2)
        return;
    for (std::size_t i = 0; i < workers_.size(); ++i) {
        if (workers_[i]->rules().heartbeat() == heartbeats_[i])
            return; // a worker hangs: let the service manager act
    }
    for (std::size_t i = 0; i < workers_.size(); ++i)
        heartbeats_[i] = workers_[i]->rules().heartbeat();
    watchdog_fed_ = now;
    notifier_.watchdog();
}

void Daemon::stop() {
    notifier_.stopping();
    stop_ = true;
    for (const auto& worker : workers_)
        worker->join();
    reloader_.reset();
    report_full_queues(account_->look());
    write_counters();
    if (events_)
        events_->stop();
}

CounterValues Daemon::sum_counters() const {
    CounterValues sum;
    for (const auto& worker : workers_)
        sum += worker->counters().read();
    return sum;
}

HistogramValues Daemon::sum_times() const {
    HistogramValues sum;
    for (const auto& worker : workers_)
        sum += worker->times().read();
    return sum;
}

void Daemon::write_counters() {
    const CounterValues sum = sum_counters();
    log_.info("counters: {}", stats_text(sum));
    if (events_)
        events_->write_line(to_eve_stats(
            sum, sum_times(), std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now())));
}

std::string Daemon::judging() const {
    const std::size_t rules = rule_count_;
    const std::size_t skipped = skipped_count_;
    return "judging queue " + config_.queues.to_string() + " by " + std::to_string(rules) +
           (rules == 1 ? " rule" : " rules") +
           (skipped == 0 ? "" : " (" + std::to_string(skipped) + " broken left out)");
}

} // namespace nfsieve
