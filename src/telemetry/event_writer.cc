// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/telemetry/event_writer.h"

#include "line_file.h"
#include "nfsieve/base/uptime.h"
#include "spsc_queue.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <thread>
#include <utility>
#include <vector>

namespace nfsieve {
namespace {

constexpr std::size_t lines_a_write = 128;
constexpr int idle_wait_ms = 1000;
constexpr auto full_queue_wait = std::chrono::microseconds(100);

/// Wakes the writing thread; costs a producer a system call only while that thread sleeps.
class Doorbell {
public:
    Doorbell() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
    [[nodiscard]] bool ok() const { return static_cast<bool>(fd_); }

    /// After something was published.
    void ring() {
        // Pairs with the fence in sleep(): either this thread sees the sleeper, or the sleeper sees the work.
        std::atomic_thread_fence(std::memory_order_seq_cst);
        if (asleep_.load(std::memory_order_relaxed) && asleep_.exchange(false))
            ring_always();
    }

    void ring_always() {
        const std::uint64_t one = 1;
        (void)!::write(fd_.get(), &one, sizeof one);
    }

    /// Waits until it rings, or not at all where `work_left` says so.
    template <class WorkLeft>
    void sleep(WorkLeft&& work_left) {
        asleep_.store(true, std::memory_order_relaxed);
        std::atomic_thread_fence(std::memory_order_seq_cst);
        if (!work_left()) {
            pollfd bell{fd_.get(), POLLIN, 0};
            (void)::poll(&bell, 1, idle_wait_ms);
        }
        asleep_.store(false, std::memory_order_relaxed);
        std::uint64_t rung = 0;
        (void)!::read(fd_.get(), &rung, sizeof rung);
    }

private:
    UniqueFd fd_;
    std::atomic<bool> asleep_ = false;
};

/// The end of the queue that a worker holds.
class QueueSink : public EventSink {
public:
    QueueSink(std::size_t length, bool lossless, Counters& counters, Doorbell& bell)
        : queue(length), lossless_(lossless), counters_(counters), bell_(bell) {}

    void emit(Event&& event) override {
        while (!queue.push(event)) {
            if (!lossless_) {
                counters_.add(Counter::events_lost);
                return;
            }
            bell_.ring();
            std::this_thread::sleep_for(full_queue_wait);
        }
        bell_.ring();
    }

    SpscQueue<Event> queue;

private:
    const bool lossless_;
    Counters& counters_;
    Doorbell& bell_;
};

class ThreadedWriter : public EventWriter {
public:
    ThreadedWriter(EventWriterConfig config, LineFile file)
        : config_(std::move(config)), file_(std::move(file)) {}

    ~ThreadedWriter() override { stop(); }

    Result<void> start() {
        if (!bell_.ok())
            return Error{std::string("events: cannot make an eventfd: ") + std::strerror(errno)};
        // Signals are the main thread's business; a pipe whose reader has gone is an error of write().
        sigset_t all, before;
        sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
        thread_ = std::thread([this] { write_until_stopped(); });
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        return {};
    }

    EventSink& add_sink(Counters& counters) override {
        auto sink = std::make_unique<QueueSink>(config_.queue_length, config_.lossless, counters, bell_);
        EventSink& borrowed = *sink;
        const std::lock_guard lock(mutex_);
        sinks_.push_back(std::move(sink));
        sinks_changed_ = true;
        return borrowed;
    }

    void write_line(std::string line) override {
        {
            const std::lock_guard lock(mutex_);
            lines_.push_back(std::move(line));
        }
        requests_.store(true);
        bell_.ring_always();
    }

    void reopen() override {
        reopen_.store(true);
        bell_.ring_always();
    }

    void stop() override {
        if (!thread_.joinable())
            return;
        stop_.store(true);
        bell_.ring_always();
        thread_.join();
    }

    std::uint64_t lines_written() const override { return written_.load(std::memory_order_relaxed); }
    std::uint64_t lines_failed() const override { return failed_.load(std::memory_order_relaxed); }

private:
    void write_until_stopped() {
        for (;;) {
            const bool last_round = stop_.load();
            if (reopen_.exchange(false))
                reopen_file();
            refresh_sinks();
            while ((last_round || !reopen_.load()) && write_batch()) {
            }
            if (last_round)
                return;
            bell_.sleep([this] { return work_left(); });
        }
    }

    void reopen_file() {
        if (const Result<void> result = file_.reopen(); !result && config_.report)
            config_.report(result.error().message + "; still writing to the file that was open before");
    }

    /// The sinks as the writing thread knows them: they are only ever added.
    void refresh_sinks() {
        const std::lock_guard lock(mutex_);
        if (!std::exchange(sinks_changed_, false))
            return;
        known_.clear();
        for (const auto& sink : sinks_)
            known_.push_back(sink.get());
    }

    bool work_left() {
        if (stop_.load() || reopen_.load() || requests_.load())
            return true;
        refresh_sinks();
        return std::any_of(known_.begin(), known_.end(),
                           [](const auto* sink) { return !sink->queue.empty(); });
    }

    /// Takes turns between the workers. False where nothing was queued.
    bool write_batch() {
        std::string text;
        std::size_t lines = take_lines(text);
        // The wall clock may be set at any time, and what an event says is to agree with the logs of then.
        const Duration wall_ahead =
            config_.by_uptime ? std::chrono::system_clock::now() - uptime() : Duration::zero();
        Event event;
        for (bool found = true; found && lines < lines_a_write;) {
            found = false;
            for (QueueSink* sink : known_) {
                if (!sink->queue.pop(event))
                    continue;
                found = true;
                ++lines;
                event.time += wall_ahead;
                text += to_eve(event);
                text += '\n';
            }
        }
        if (lines == 0)
            return false;
        const Result<void> result = file_.write(text, [this] { return stop_.load(); });
        (result ? written_ : failed_).fetch_add(lines, std::memory_order_relaxed);
        report_change(result);
        return true;
    }

    std::size_t take_lines(std::string& text) {
        if (!requests_.exchange(false))
            return 0;
        const std::lock_guard lock(mutex_);
        for (const std::string& line : lines_) {
            text += line;
            text += '\n';
        }
        const std::size_t count = lines_.size();
        lines_.clear();
        return count;
    }

    /// A full disk refuses every line: one report when it begins and one when it is over.
    void report_change(const Result<void>& result) {
        const bool failing = !result;
        if (failing == std::exchange(failing_, failing) || !config_.report)
            return;
        config_.report(failing ? result.error().message + "; events are lost until this is mended"
                               : "events: writing to " + config_.file.string() + " works again");
    }

    const EventWriterConfig config_;
    LineFile file_;
    Doorbell bell_;
    std::atomic<bool> stop_ = false, reopen_ = false, requests_ = false;
    std::atomic<std::uint64_t> written_ = 0, failed_ = 0;
    std::mutex mutex_; ///< guards the next three
    std::vector<std::unique_ptr<QueueSink>> sinks_;
    bool sinks_changed_ = false;
    std::vector<std::string> lines_;
    std::vector<QueueSink*> known_; ///< the writing thread's own
    bool failing_ = false;          ///< the writing thread's own
    std::thread thread_;
};

} // namespace

Result<std::unique_ptr<EventWriter>> open_event_writer(EventWriterConfig config) {
    auto file = LineFile::open(config.file);
    if (!file)
        return file.error();
    config.queue_length = std::max<std::size_t>(config.queue_length, 1);
    auto writer = std::make_unique<ThreadedWriter>(std::move(config), *std::move(file));
    if (auto started = writer->start(); !started)
        return started.error();
    return std::unique_ptr<EventWriter>(std::move(writer));
}

} // namespace nfsieve
