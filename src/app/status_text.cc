// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/status.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace nfsieve {

namespace {

using Json = nlohmann::ordered_json;

/// A number, or "unknown" where the daemon could not tell.
std::string number(const Json& value) {
    if (value.is_null())
        return "unknown";
    return value.is_number_unsigned() ? std::to_string(value.get<std::uint64_t>())
                                      : std::to_string(value.get<std::int64_t>());
}

std::string size(const Json& bytes) {
    std::array<char, 32> text{};
    const auto value = bytes.get<double>();
    if (value < 1 << 20)
        std::snprintf(text.data(), text.size(), "%.0f KiB", value / 1024);
    else
        std::snprintf(text.data(), text.size(), "%.1f MiB", value / (1 << 20));
    return text.data();
}

std::string duration(std::uint64_t seconds) {
    const std::uint64_t days = seconds / 86400, hours = seconds / 3600 % 24, minutes = seconds / 60 % 60;
    if (days != 0)
        return std::to_string(days) + " d " + std::to_string(hours) + " h";
    if (hours != 0)
        return std::to_string(hours) + " h " + std::to_string(minutes) + " min";
    if (minutes != 0)
        return std::to_string(minutes) + " min " + std::to_string(seconds % 60) + " s";
    return std::to_string(seconds) + " s";
}

std::string padded(std::string text, std::size_t width) {
    text.resize(std::max(width, text.size()), ' ');
    return text;
}

std::string right(const std::string& text, std::size_t width) {
    return std::string(width - std::min(width, text.size()), ' ') + text;
}

/// A line of a table: sign, name, number.
std::string row(char sign, const std::string& name, const Json& value, const std::string& remark = {}) {
    return "  " + std::string(1, sign) + " " + padded(name, 28) + right(number(value), 14) +
           (remark.empty() ? "" : "   " + remark) + "\n";
}

/// Why one was refused stands in the problems.
std::string reload_text(const Json& reloads) {
    if (reloads.at("last").is_null())
        return "none since the start";
    return reloads.at("last").get<std::string>() +
           (reloads.at("error").is_null() ? ", taken up" : ", refused") + "; in all " +
           number(reloads.at("taken")) + " taken up, " + number(reloads.at("refused")) + " refused";
}

/// "p50 12.3 µs, p90 …"
std::string time_text(const Json& times) {
    std::string text;
    for (const auto& [name, microseconds] : times.items()) {
        std::array<char, 48> value{};
        std::snprintf(value.data(), value.size(), " %.1f µs", microseconds.get<double>());
        text += (text.empty() ? "" : ", ") + name + value.data();
    }
    return text.empty() ? "no packet was judged yet" : text;
}

std::string affinity_text(const Json& cpus) {
    std::string text;
    for (const Json& cpu : cpus)
        text += (text.empty() ? "" : ", ") + number(cpu);
    return text.empty() ? "" : "  on CPUs      " + text + ", one a queue\n";
}

std::string general_part(const Json& json) {
    const Json& flows = json.at("flows");
    const Json& memory = json.at("memory");
    const auto used = [&](const char* what) {
        return std::string(what) + " " + size(memory.at(what).at("used")) + " of " +
               size(memory.at(what).at("cap"));
    };
    std::string rules = number(json.at("rules")) + ", generation " + number(json.at("generation"));
    if (json.at("rules_skipped") != 0)
        rules += "; " + number(json.at("rules_skipped")) + " broken left out";
    if (json.at("rules_out_of_scope") != 0)
        rules += "; " + number(json.at("rules_out_of_scope")) + " out of scope";
    return "  rules        " + rules + "\n  last reload  " + reload_text(json.at("reloads")) +
           "\n  running      " + duration(json.at("uptime").get<std::uint64_t>()) + ", since " +
           json.at("started").get<std::string>() + ", process " + number(json.at("process")) + ", version " +
           json.at("version").get<std::string>() + "\n  flows        " + number(flows.at("alive")) +
           " alive; " + number(flows.at("made")) + " made, " + number(flows.at("blocked")) + " blocked, " +
           number(flows.at("expired")) + " expired\n  memory       " + used("flows") + ", " + used("held") +
           "\n  in daemon    " + time_text(json.at("time_in_daemon")) + "\n" +
           affinity_text(json.at("affinity"));
}

std::string queue_part(const Json& json) {
    std::string text = "\nqueue       waiting  queue_length  queue_dropped  user_dropped\n";
    if (json.at("queues").is_null())
        return text + "unknown\n";
    for (const Json& queue : json.at("queues"))
        text += padded(number(queue.at("queue")), 5) + right(number(queue.at("waiting")), 14) +
                right(number(json.at("queue_length")), 14) + right(number(queue.at("queue_dropped")), 15) +
                right(number(queue.at("user_dropped")), 14) + "\n";
    return text;
}

std::string account_part(const Json& account) {
    std::string text = "\nwhat became of the packets\n" + row(' ', "seen", account.at("seen")) +
                       row('=', "judged_accept", account.at("judged_accept")) +
                       row('+', "judged_drop", account.at("judged_drop"));
    for (const auto& [cause, count] : account.at("uninspected").items()) {
        if (count != 0)
            text += row('+', "uninspected_" + cause, count);
    }
    if (account.at("difference") != 0)
        text += row('+', "in the works", account.at("difference"));
    return text;
}

std::string cause_part(const Json& causes) {
    std::string text;
    for (const auto& [cause, entry] : causes.items()) {
        if (entry.at("count").is_number() && entry.at("count") != 0)
            text += row(' ', "cause_" + cause, entry.at("count"),
                        "policy: " + entry.at("policy").get<std::string>());
    }
    return text.empty() ? text : "\nwhat could not be judged as it should be\n" + text;
}

std::string rest_remark(const Json& kernel) {
    if (!kernel.at("rest").is_number())
        return "";
    const auto rest = kernel.at("rest").get<std::int64_t>();
    const auto moving = kernel.at("moving").get<std::int64_t>();
    if (rest > 0)
        return "never reached the daemon";
    return moving == 0 ? "" : "while " + std::to_string(moving) + " packets were on the move";
}

std::string kernel_part(const Json& kernel) {
    std::string tables;
    for (const Json& table : kernel.at("tables"))
        tables += (tables.empty() ? "by " : ", ") + table.at("name").get<std::string>();
    std::string text =
        "\nheld against the kernel's counts\n" +
        row(' ', "diverted", kernel.at("diverted"), tables.empty() ? "by no table" : tables) +
        row('=', "seen", kernel.at("seen")) + row('+', "queue_dropped", kernel.at("queue_dropped")) +
        row('+', "user_dropped", kernel.at("user_dropped")) + row('+', "waiting", kernel.at("waiting")) +
        row('+', "rest", kernel.at("rest"), rest_remark(kernel));
    if (kernel.at("restarts") != 0)
        text += "  (a divert counter was lost " + number(kernel.at("restarts")) +
                " times, with its table or by a reset: what it counted in its last second is not known, "
                "and taken to have arrived)\n";
    return text;
}

/// What the kernel does by itself.
std::string offload_part(const Json& offload) {
    if (offload.at("generation").is_null())
        return "";
    return "\nwhat the kernel does by itself (generation " + number(offload.at("generation")) + ")\n" +
           row(' ', "passes, of connections done", offload.at("passed"),
               offload.at("flowtable").is_null() ? "" : "and uncounted, in the flowtable") +
           row(' ', "drops, of blocked ones", offload.at("dropped"));
}

std::string problem_part(const Json& problems) {
    std::string text;
    for (std::size_t i = 1; i < problems.size(); ++i)
        text += "attention: " + problems[i].get<std::string>() + "\n";
    return text;
}

} // namespace

Result<std::string> status_text(std::string_view json) {
    try {
        const Json parsed = Json::parse(json);
        return parsed.at("state").get<std::string>() + "\n" + problem_part(parsed.at("problems")) +
               general_part(parsed) + queue_part(parsed) + account_part(parsed.at("account")) +
               cause_part(parsed.at("causes")) + kernel_part(parsed.at("kernel")) +
               offload_part(parsed.at("offload"));
    } catch (const Json::exception& failure) {
        return Error{std::string("the daemon's answer is not understood; is it of another version? (") +
                     failure.what() + ")"};
    }
}

} // namespace nfsieve
