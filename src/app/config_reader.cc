// SPDX-License-Identifier: GPL-2.0-or-later
// The configuration file's keys, one reader each.
#include "nfsieve/app/config.h"

#include "config_values.h"
#include "file_complaint.h"
#include "nfsieve/telemetry/event.h"
#include "suricata_options_reader.h"
#include "text_file.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <net/if.h>

namespace nfsieve {

namespace {

constexpr std::size_t largest_config = std::size_t{1} << 20;

class ConfigReader {
public:
    ConfigReader(std::filesystem::path file, const Cpus& cpus)
        : file_(std::move(file)), cpus_(cpus), values_(file_.string()) {}

    ReadConfig read(const LocatedJson& root) {
        const auto ignore = [](const LocatedJson&) {};
        const std::array fields{
            ConfigField{"queues", [&](auto& value) { queues(value); }},
            ConfigField{"affinity", [&](auto& value) { affinity(value); }},
            ConfigField{"rules", [&](auto& value) { rules(value); }},
            ConfigField{"suricata",
                        [&](auto& value) {
                            read_suricata_options(value, values_, config_.reloadable.rule_options.suricata);
                        }},
            ConfigField{"on_bad_rule", [&](auto& value) { on_bad_rule(value); }},
            ConfigField{"cache", [&](auto& value) { cache(value); }},
            ConfigField{"inspection", [&](auto& value) { inspection(value); }},
            ConfigField{"events", [&](auto& value) { events(value); }},
            ConfigField{
                "queue_length",
                [&](auto& value) { assign(sealed().queue_length, values_.integer(value, 1, 1'000'000)); }},
            ConfigField{"receive_buffer",
                        [&](auto& value) { assign(sealed().receive_buffer, values_.size(value, 65536)); }},
            ConfigField{"conntrack",
                        [&](auto& value) { assign(sealed().conntrack, values_.boolean(value)); }},
            ConfigField{"hook", [&](auto& value) { hooks(value); }},
            ConfigField{"interfaces", [&](auto& value) { interfaces(value); }},
            ConfigField{"ports", [&](auto& value) { ports(value); }},
            ConfigField{"mark_mask", [&](auto& value) { mark_mask(value); }},
            ConfigField{"offload", [&](auto& value) { offload(value); }},
            ConfigField{"memory", [&](auto& value) { memory(value); }},
            ConfigField{"depth", [&](auto& value) { assign(engine().depth, values_.size(value, 1)); }},
            ConfigField{"timeouts", [&](auto& value) { timeouts(value); }},
            ConfigField{"on", [&](auto& value) { policies(value); }},
            ConfigField{"control", [&](auto& value) { control(value); }},
            ConfigField{"log", [&](auto& value) { log(value); }},
            ConfigField{"comment", ignore},
            ConfigField{"$schema", ignore},
        };
        values_.object(root, fields);
        const auto& hooks = sealed().divert.hooks;
        if (flowtable_ != nullptr && sealed().divert.interfaces.size() < 2 &&
            std::find(hooks.begin(), hooks.end(), Hook::forward) != hooks.end())
            values_.complain(*flowtable_,
                             "a flowtable forwards from interface to interface: name at least two in "
                             "\"interfaces\", or take \"marks\"");
        return {std::move(config_), values_.take_errors()};
    }

private:
    SealedConfig& sealed() { return config_.sealed; }
    EngineConfig& engine() { return config_.sealed.engine; }

    template <class To, class From>
    static void assign(To& to, const std::optional<From>& from) {
        if (from)
            to = static_cast<To>(*from);
    }

    std::filesystem::path beside_file(const std::string& name) const {
        return (file_.parent_path() / name).lexically_normal();
    }

    void queues(const LocatedJson& value) {
        if (value.type != LocatedJson::Type::string && value.type != LocatedJson::Type::integer) {
            values_.complain(value, "queues are written as \"0-3\", or as one number");
            return;
        }
        const auto range = parse_queue_range(
            value.type == LocatedJson::Type::string ? value.string : std::to_string(value.integer));
        if (range)
            sealed().queues = *range;
        else
            values_.complain(value, range.error().message);
    }

    void rules(const LocatedJson& value) {
        values_.list(value, "rule file names", [&](const LocatedJson& item) {
            if (const auto name = values_.string(item, "a rule file's name"))
                config_.reloadable.rules.push_back(beside_file(*name));
        });
    }

    void on_bad_rule(const LocatedJson& value) {
        static constexpr std::array<std::string_view, 2> words{"refuse", "skip"};
        if (const auto at = values_.choice(value, "way", words))
            config_.reloadable.rule_options.skip_bad = *at == 1;
    }

    void cache(const LocatedJson& value) {
        if (const auto name = values_.string(value, "a folder's name"))
            config_.reloadable.rule_options.cache = beside_file(*name);
    }

    void inspection(const LocatedJson& value) {
        const auto size = [&](std::string_view key, std::size_t& bytes, std::uint64_t least) {
            return ConfigField{key, [this, &bytes, least](const LocatedJson& item) {
                                   assign(bytes, values_.size(item, least));
                               }};
        };
        AppParserLimits& parsers = engine().parsers;
        const std::array fields{
            size("window", engine().signatures.window, 64),
            size("body_window", parsers.body_window, 4096),
            size("header_size", parsers.header_size, 4096),
            size("handshake", parsers.handshake, 16384),
        };
        values_.object(value, fields);
    }

    void events(const LocatedJson& value) {
        const std::array fields{
            ConfigField{"file",
                        [&](const LocatedJson& file) {
                            if (const auto name = values_.string(file, "a file name, or \"-\" for stdout,"))
                                sealed().events_file =
                                    *name == "-" ? std::filesystem::path("-") : beside_file(*name);
                        }},
            ConfigField{"payload",
                        [&](const LocatedJson& bytes) {
                            assign(engine().event_payload,
                                   values_.integer(bytes, 0, Event::payload_capacity));
                        }},
        };
        values_.object(value, fields);
    }

    void control(const LocatedJson& value) {
        const std::array fields{
            ConfigField{"socket",
                        [&](const LocatedJson& file) {
                            if (const auto name = values_.string(file, "the name of a socket"))
                                sealed().control_socket = beside_file(*name);
                        }},
        };
        values_.object(value, fields);
    }

    void hooks(const LocatedJson& value) {
        static constexpr std::array<std::string_view, 3> words{"forward", "input", "output"};
        std::vector<Hook> read;
        const auto one = [&](const LocatedJson& item) {
            const auto at = values_.choice(item, "hook", words);
            if (!at)
                return;
            const auto hook = static_cast<Hook>(*at);
            if (std::find(read.begin(), read.end(), hook) == read.end())
                read.push_back(hook);
        };
        if (value.type == LocatedJson::Type::array)
            values_.list(value, "hooks", one);
        else
            one(value);
        if (value.type == LocatedJson::Type::array && value.items.empty())
            values_.complain(value, "an empty list of hooks diverts nothing; \"forward\" is for a gateway, "
                                    "[\"input\", \"output\"] for a host");
        if (!read.empty())
            sealed().divert.hooks = std::move(read);
    }

    void interfaces(const LocatedJson& value) {
        if (value.type == LocatedJson::Type::array && value.items.empty())
            values_.complain(value, "an empty list of interfaces; leave the key out to divert all but lo");
        values_.list(value, "interface names", [&](const LocatedJson& item) {
            const auto name = values_.string(item, "an interface name");
            if (!name)
                return;
            const bool plain = std::all_of(name->begin(), name->end(), [](char c) {
                return c > ' ' && c < 0x7f &&
                       std::string_view("\"'\\*/{}$,;").find(c) == std::string_view::npos;
            });
            if (*name == "lo")
                values_.complain(item, "lo cannot be diverted: its packets are longer than a queue can show "
                                       "and pass two hooks");
            else if (!plain || name->size() >= IF_NAMESIZE)
                values_.complain(item, "not an interface name: at most 15 characters without space, slash, "
                                       "quotes or wildcards");
            else if (auto& known = sealed().divert.interfaces;
                     std::find(known.begin(), known.end(), *name) == known.end())
                known.push_back(*name);
        });
    }

    struct NumberRange {
        std::int64_t first = -1, last = -1;
        [[nodiscard]] bool valid() const { return first >= 0 && first <= last; }
    };

    /// 443 or "8000-8100"; anything else is not valid.
    static NumberRange number_range(const LocatedJson& value) {
        if (value.type == LocatedJson::Type::integer)
            return {value.integer, value.integer};
        NumberRange range;
        if (value.type != LocatedJson::Type::string || value.string.empty() || value.string.back() == '-')
            return range;
        const char* end = value.string.data() + value.string.size();
        const auto head = std::from_chars(value.string.data(), end, range.first);
        range.last = range.first;
        const char* stop = head.ptr;
        if (head.ec == std::errc{} && stop != end && *stop == '-')
            stop = std::from_chars(stop + 1, end, range.last).ptr;
        return stop == end ? range : NumberRange{};
    }

    void port(const LocatedJson& value, std::vector<PortRange>& ranges) {
        const NumberRange range = number_range(value);
        if (!range.valid() || range.last > 65535)
            values_.complain(value, "not a port: write 443 or \"8000-8100\", from 0 to 65535");
        else
            ranges.push_back(
                {static_cast<std::uint16_t>(range.first), static_cast<std::uint16_t>(range.last)});
    }

    void cpus(const LocatedJson& value) {
        const NumberRange range = number_range(value);
        if (!range.valid()) {
            values_.complain(value, "not a CPU: write its number, or a range such as \"0-3\"");
            return;
        }
        for (std::int64_t cpu = range.first; cpu <= range.last; ++cpu) {
            const auto number = static_cast<std::size_t>(cpu);
            if (number >= cpus_.usable.size()) {
                values_.complain(value, "there is no CPU " + std::to_string(cpu) +
                                            " here; those that may be used: " + cpus_.to_string());
                return;
            }
            if (!cpus_.usable[number]) {
                values_.complain(
                    value, "CPU " + std::to_string(cpu) +
                               " is withheld from this process (by its cpuset, taskset, or the service's "
                               "CPUAffinity=); those that may be used: " +
                               cpus_.to_string());
                return;
            }
            sealed().affinity.push_back(static_cast<std::uint32_t>(number));
        }
    }

    void affinity(const LocatedJson& value) {
        if (value.type == LocatedJson::Type::array && value.items.empty())
            values_.complain(value, "an empty list of CPUs; leave the key out to bind no worker to any");
        if (value.type == LocatedJson::Type::array)
            values_.list(value, "CPUs", [&](const LocatedJson& item) { cpus(item); });
        else
            cpus(value);
    }

    void ports(const LocatedJson& value) {
        std::vector<PortRange> ranges;
        if (value.type == LocatedJson::Type::array && value.items.empty())
            values_.complain(value, "an empty list of ports; leave the key out to divert all of them");
        if (value.type == LocatedJson::Type::array)
            values_.list(value, "ports", [&](const LocatedJson& item) { port(item, ranges); });
        else
            port(value, ranges);
        std::sort(ranges.begin(), ranges.end());
        PortSet merged;
        for (const PortRange& range : ranges) {
            if (!merged.ranges.empty() && range.first <= merged.ranges.back().last + 1)
                merged.ranges.back().last = std::max(merged.ranges.back().last, range.last);
            else
                merged.ranges.push_back(range);
        }
        sealed().divert.ports = std::move(merged);
    }

    void mark_mask(const LocatedJson& value) {
        std::uint64_t mask = 0;
        if (value.type == LocatedJson::Type::integer && value.integer > 0) {
            mask = static_cast<std::uint64_t>(value.integer);
        } else if (value.type == LocatedJson::Type::string && value.string.starts_with("0x")) {
            const char* end = value.string.data() + value.string.size();
            if (std::from_chars(value.string.data() + 2, end, mask, 16).ptr != end)
                mask = 0;
        }
        if (mask == 0 || mask > 0xffffffff || std::popcount(mask) != 6 ||
            mask >> std::countr_zero(mask) != 0x3f)
            values_.complain(value, "not a mark mask: six adjacent bits of 32 are wanted, such as \"0x3f00\" "
                                    "(the default) or \"0x3f0000\"");
        else
            engine().marks.mask = static_cast<std::uint32_t>(mask);
    }

    void offload(const LocatedJson& value) {
        static constexpr std::array<std::string_view, 3> words{"off", "marks", "flowtable"};
        if (const auto at = values_.choice(value, "way", words))
            sealed().offload = static_cast<OffloadMode>(*at);
        flowtable_ = sealed().offload == OffloadMode::flowtable ? &value : nullptr;
    }

    void memory(const LocatedJson& value) {
        constexpr std::uint64_t mebibyte = 1U << 20;
        const std::array fields{
            ConfigField{"flows",
                        [&](auto& size) { assign(engine().flow_memory, values_.size(size, mebibyte)); }},
            ConfigField{"held",
                        [&](auto& size) { assign(engine().held_memory, values_.size(size, mebibyte)); }},
            ConfigField{"held_per_flow",
                        [&](auto& size) { assign(engine().held_per_flow, values_.size(size, 65536)); }},
        };
        values_.object(value, fields);
    }

    void timeouts(const LocatedJson& value) {
        const auto into = [&](std::string_view key, Duration& duration) {
            return ConfigField{key,
                               [&](const LocatedJson& time) { assign(duration, values_.duration(time)); }};
        };
        const std::array fields{
            into("handshake", engine().handshake_timeout), into("established", engine().established_timeout),
            into("closing", engine().closing_timeout),     into("blocked", engine().blocked_timeout),
            into("reload_grace", engine().reload_grace),
        };
        values_.object(value, fields);
    }

    void policies(const LocatedJson& value) {
        static constexpr std::array<std::string_view, 4> words{"drop", "reject", "accept", "inspect"};
        std::vector<ConfigField> fields;
        for (std::size_t i = 0; i < cause_count; ++i) {
            const auto cause = static_cast<Cause>(i);
            const bool inspects = cause == Cause::midstream || cause == Cause::fast_open;
            fields.push_back({name(cause), [this, i, inspects](const LocatedJson& policy) {
                                  const auto known = std::span(words).first(inspects ? 4 : 3);
                                  if (const auto at = values_.choice(policy, "policy", known))
                                      engine().on[i] = static_cast<Policy>(*at);
                              }});
        }
        const auto kernel_policy = [&](std::string_view key, bool& accept) {
            return ConfigField{key, [&](const LocatedJson& policy) {
                                   static constexpr std::array<std::string_view, 2> two{"drop", "accept"};
                                   if (const auto at = values_.choice(policy, "policy", two))
                                       accept = *at == 1;
                               }};
        };
        fields.push_back(kernel_policy("queue_full", sealed().fail_open));
        fields.push_back(kernel_policy("no_daemon", sealed().divert.bypass));
        values_.object(value, fields);
    }

    void log(const LocatedJson& value) {
        static constexpr std::array<std::string_view, 4> words{"debug", "info", "warn", "error"};
        if (const auto at = values_.choice(value, "log level", words))
            sealed().log = static_cast<LogLevel>(*at);
    }

    std::filesystem::path file_;
    const Cpus& cpus_;
    ConfigValues values_;
    Config config_;
    const LocatedJson* flowtable_ = nullptr; ///< the value of "offload" where it says so
};

} // namespace

ReadConfig parse_config(std::string_view text, const std::filesystem::path& file, const Cpus& cpus) {
    ParsedJson parsed = parse_located_json(text, file.string());
    if (!parsed.errors.empty())
        return {{}, std::move(parsed.errors)};
    return ConfigReader(file, cpus).read(parsed.root);
}

ReadConfig read_config(const std::filesystem::path& file) {
    const auto text = read_text_file(file, largest_config);
    if (!text) {
        ReadConfig refused;
        refused.errors.push_back(file_complaint(file.string(), text.error().message));
        return refused;
    }
    if (text->empty())
        return {{}, {file_complaint(file.string(), "is empty; the least configuration is {}")}};
    return parse_config(*text, file);
}

} // namespace nfsieve
