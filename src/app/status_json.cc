// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/status.h"

#include <array>
#include <ctime>
#include <nlohmann/json.hpp>

namespace nfsieve {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view uninspected_prefix = "uninspected_";

/// ISO 8601, UTC, to the second.
std::string iso_time(Time time) {
    const std::time_t seconds =
        std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text.data();
}

const char* policy_name(Policy policy) {
    switch (policy) {
    case Policy::drop:
        return "drop";
    case Policy::reject:
        return "reject";
    case Policy::accept:
        return "accept";
    case Policy::inspect:
        return "inspect";
    }
    return "unknown";
}

const char* kernel_policy_name(bool accept) {
    return accept ? "accept" : "drop";
}

Json reload_part(const ReloadHistory& reloads) {
    Json part{{"taken", reloads.taken}, {"refused", reloads.refused}, {"last", nullptr}, {"error", nullptr}};
    if (reloads.last)
        part["last"] = iso_time(*reloads.last);
    if (!reloads.error.empty())
        part["error"] = reloads.error;
    return part;
}

/// By queue.
Json affinity_part(const SealedConfig& config) {
    Json cpus;
    for (std::size_t queue = 0; queue < config.queues.count; ++queue)
        if (const auto cpu = config.cpu_of(queue))
            cpus.push_back(*cpu);
    return cpus;
}

Json queue_part(const std::vector<QueueTotals>& queues) {
    if (queues.empty())
        return nullptr;
    Json list = Json::array();
    for (const QueueTotals& queue : queues)
        list.push_back({{"queue", queue.queue},
                        {"waiting", queue.waiting},
                        {"queue_dropped", queue.queue_dropped},
                        {"user_dropped", queue.user_dropped}});
    return list;
}

Json account_part(const CounterValues& counters) {
    std::uint64_t sum = counters[Counter::judged_accept] + counters[Counter::judged_drop];
    Json uninspected = Json::object();
    for (std::size_t i = 0; i < counter_count; ++i) {
        const std::string_view counter = name(static_cast<Counter>(i));
        if (!counter.starts_with(uninspected_prefix))
            continue;
        uninspected[std::string(counter.substr(uninspected_prefix.size()))] = counters.values[i];
        sum += counters.values[i];
    }
    const std::uint64_t seen = counters[Counter::packets];
    return {{"seen", seen},
            {"judged_accept", counters[Counter::judged_accept]},
            {"judged_drop", counters[Counter::judged_drop]},
            {"uninspected", std::move(uninspected)},
            {"difference", static_cast<std::int64_t>(seen) - static_cast<std::int64_t>(sum)}};
}

/// The counter named cause_… of a cause.
std::uint64_t count_of(Cause cause, const CounterValues& counters) {
    const std::string wanted = std::string("cause_") + name(cause);
    for (std::size_t i = 0; i < counter_count; ++i) {
        if (name(static_cast<Counter>(i)) == wanted)
            return counters.values[i];
    }
    return 0;
}

Json cause_part(const Status& status) {
    Json causes = Json::object();
    for (std::size_t i = 0; i < cause_count; ++i) {
        const auto cause = static_cast<Cause>(i);
        causes[name(cause)] = {{"count", count_of(cause, status.kernel.counters)},
                               {"policy", policy_name(status.config.engine.policy(cause))}};
    }
    const QueueTotals sum = status.kernel.sum();
    causes["queue_full"] = {{"count", sum.queue_dropped + sum.user_dropped},
                            {"policy", kernel_policy_name(status.config.fail_open)}};
    causes["no_daemon"] = {{"count", nullptr}, {"policy", kernel_policy_name(status.config.divert.bypass)}};
    return causes;
}

Json kernel_part(const KernelView& kernel) {
    Json tables = Json::array();
    for (const DivertTable& table : kernel.tables)
        tables.push_back(
            {{"name", "inet " + table.name}, {"counted", table.has_counter}, {"diverts", table.diverts}});
    const QueueTotals sum = kernel.sum();
    const bool known = kernel.comparable;
    const auto number = [known](auto value) { return known ? Json(value) : Json(nullptr); };
    return {{"tables", std::move(tables)},
            {"diverted", number(kernel.diverted)},
            {"seen", kernel.counters[Counter::packets]},
            {"queue_dropped", kernel.queues.empty() ? Json(nullptr) : Json(sum.queue_dropped)},
            {"user_dropped", kernel.queues.empty() ? Json(nullptr) : Json(sum.user_dropped)},
            {"waiting", kernel.queues.empty() ? Json(nullptr) : Json(sum.waiting)},
            {"rest", number(kernel.rest)},
            {"moving", number(kernel.moving)},
            {"restarts", kernel.restarts},
            {"before_start", number(kernel.before_start)}};
}

Json offload_part(const Status& status) {
    static constexpr std::array<const char*, 3> modes{"off", "marks", "flowtable"};
    std::uint64_t passed = 0, dropped = 0;
    for (const DivertTable& table : status.kernel.tables) {
        passed += table.offloaded;
        dropped += table.blocked;
    }
    Json generation = nullptr;
    if (status.mark_generation != 0)
        generation = status.mark_generation;
    return {{"mode", modes[static_cast<std::size_t>(status.config.offload)]},
            {"generation", std::move(generation)},
            {"flowtable", status.flowtable ? Json(*status.flowtable) : Json(nullptr)},
            {"passed", passed},
            {"dropped", dropped}};
}

Json counter_part(const CounterValues& counters) {
    Json part = Json::object();
    for (std::size_t i = 0; i < counter_count; ++i)
        part[name(static_cast<Counter>(i))] = counters.values[i];
    return part;
}

Json time_part(const HistogramValues& times) {
    Json part = Json::object();
    for (const NamedTime& time : sum_up(times))
        part[time.name] = time.microseconds;
    return part;
}

std::string headline(const Status& status, const std::vector<std::string>& problems) {
    const std::string judging = "judging queue " + status.config.queues.to_string() + " by " +
                                std::to_string(status.rules) + (status.rules == 1 ? " rule" : " rules");
    return problems.empty() ? "all is well: " + judging : "attention: " + problems.front() + "; " + judging;
}

} // namespace

std::string status_json(const Status& status) {
    const std::vector<std::string> problems = status_problems(status);
    const CounterValues& counters = status.kernel.counters;
    const EngineConfig& engine = status.config.engine;
    const auto uptime = std::chrono::duration_cast<std::chrono::seconds>(status.now - status.started).count();
    const Json json{
        {"well", problems.empty()},
        {"state", headline(status, problems)},
        {"problems", problems},
        {"version", status.version},
        {"process", status.process},
        {"started", iso_time(status.started)},
        {"uptime", uptime},
        {"rules", status.rules},
        {"rules_skipped", status.rules_skipped},
        {"rules_out_of_scope", status.rules_out_of_scope},
        {"generation", status.generation},
        {"reloads", reload_part(status.reloads)},
        {"queue_length", status.config.queue_length},
        {"queues", queue_part(status.kernel.queues)},
        {"affinity", affinity_part(status.config)},
        {"flows",
         {{"alive", counters[Counter::flows_alive]},
          {"made", counters[Counter::flows]},
          {"expired", counters[Counter::flows_expired]},
          {"blocked", counters[Counter::flows_blocked]}}},
        {"memory",
         {{"flows", {{"used", counters[Counter::flow_memory]}, {"cap", engine.flow_memory}}},
          {"held", {{"used", counters[Counter::held_memory]}, {"cap", engine.held_memory}}}}},
        {"time_in_daemon", time_part(status.times)},
        {"account", account_part(counters)},
        {"causes", cause_part(status)},
        {"kernel", kernel_part(status.kernel)},
        {"offload", offload_part(status)},
        {"counters", counter_part(counters)},
    };
    // Complaints quote what stands in rule files: bytes that are not UTF-8 become U+FFFD.
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

} // namespace nfsieve
