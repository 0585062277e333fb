// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/config.h"

#include <gtest/gtest.h>

namespace nfsieve {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

Config good(std::string_view text) {
    ReadConfig read = parse_config(text, "/etc/nfsieve/nfsieve.json");
    for (const RuleError& error : read.errors)
        ADD_FAILURE() << error.to_string();
    return read.config;
}

/// The only complaint about a text, as the operator sees it.
std::string complaint(std::string_view text) {
    const ReadConfig read = parse_config(text, "c.json");
    if (read.errors.size() != 1)
        return std::to_string(read.errors.size()) + " complaints";
    return read.errors.front().to_string();
}

void expect_complaint(std::string_view text, const std::string& place, const std::string& words) {
    const std::string said = complaint(text);
    EXPECT_EQ(said.substr(0, place.size()), place) << said;
    EXPECT_NE(said.find(words), std::string::npos) << said;
}

TEST(Config, TakesDefaultsFromAnEmptyObject) {
    const Config config = good("{}");
    EXPECT_EQ(config.sealed.queues, QueueRange{});
    EXPECT_FALSE(config.sealed.events_file);
    EXPECT_FALSE(config.sealed.fail_open);
    EXPECT_FALSE(config.sealed.divert.bypass);
    EXPECT_EQ(config.sealed.engine.on, EngineConfig::default_policies());
    EXPECT_TRUE(config.reloadable.rules.empty());
}

TEST(Config, ReadsTheContractForm) {
    const Config config =
        good(R"({"queues": "0-1", "rules": ["rules.json"], "events": {"file": "eve.json"}})");
    EXPECT_EQ(config.sealed.queues, (QueueRange{0, 2}));
    EXPECT_EQ(config.reloadable.rules, std::vector<std::filesystem::path>{"/etc/nfsieve/rules.json"});
    EXPECT_EQ(config.sealed.events_file, std::filesystem::path("/etc/nfsieve/eve.json"));
}

TEST(Config, SaysWhetherRulesLookIntoWhatIsEncrypted) {
    const auto inspects = [](std::string_view text) {
        return good(text).reloadable.rule_options.suricata.inspect_encrypted;
    };
    EXPECT_FALSE(inspects("{}"));
    EXPECT_FALSE(inspects(R"({"suricata": {"encrypted": "skip"}})"));
    EXPECT_TRUE(inspects(R"({"suricata": {"encrypted": "inspect"}})"));
    expect_complaint(R"({"suricata": {"encrypted": "full"}})", "c.json:1:28: ", "inspect");
}

TEST(Config, BindsWorkersInTurnToTheCpusThatItNames) {
    const Cpus four{{true, true, true, true}};
    const auto affinity = [&](const std::string& value) {
        return parse_config(R"({"queues": "4-6", "affinity": )" + value + "}", "c.json", four).config.sealed;
    };
    EXPECT_EQ(affinity("2").affinity, (std::vector<std::uint32_t>{2}));
    EXPECT_EQ(affinity(R"("1-3")").affinity, (std::vector<std::uint32_t>{1, 2, 3}));
    const SealedConfig listed = affinity(R"([3, "0-1", 0])");
    EXPECT_EQ(listed.affinity, (std::vector<std::uint32_t>{3, 0, 1, 0}));
    EXPECT_EQ(listed.cpu_of(0), 3U);
    EXPECT_EQ(listed.cpu_of(5), 0U) << "and from the beginning again";
    EXPECT_EQ(good("{}").sealed.cpu_of(0), std::nullopt);
    EXPECT_EQ(sealed_changes(affinity("2"), affinity("1")), std::vector<std::string>{"affinity"});
}

TEST(Config, ACpuThatCannotBeUsedIsRefusedWithThoseThatCan) {
    const Cpus some{{true, true, false, true}};
    const auto said = [&](const std::string& value) {
        const ReadConfig read = parse_config(R"({"affinity": )" + value + "}", "c.json", some);
        return read.errors.size() == 1 ? read.errors.front().to_string() : "";
    };
    EXPECT_EQ(said("[0, 4]"), "c.json:1:18: there is no CPU 4 here; those that may be used: 0-1, 3");
    EXPECT_EQ(said(R"("1-2")"),
              "c.json:1:14: CPU 2 is withheld from this process (by its cpuset, taskset, or the service's "
              "CPUAffinity=); those that may be used: 0-1, 3");
    for (const char* wrong : {"-1", R"("2-1")", R"("1-")", R"("")", R"("a")", "true", R"([[1]])"})
        EXPECT_NE(said(wrong).find("not a CPU: write its number, or a range such as \"0-3\""),
                  std::string::npos)
            << wrong << ": " << said(wrong);
    EXPECT_NE(said("[]").find("leave the key out"), std::string::npos);
}

TEST(Config, KeepsAbsolutePathsAndStdout) {
    const Config config = good(R"({"rules": ["/a/b.json", "../c.json"], "events": {"file": "-"}})");
    EXPECT_EQ(config.reloadable.rules, (std::vector<std::filesystem::path>{"/a/b.json", "/etc/c.json"}));
    EXPECT_EQ(config.sealed.events_file, std::filesystem::path("-"));
}

TEST(Config, AControlSocketIsMadeOnlyWhereItIsAskedFor) {
    EXPECT_FALSE(good("{}").sealed.control_socket);
    EXPECT_EQ(good(R"({"control": {"socket": "c.sock"}})").sealed.control_socket,
              std::filesystem::path("/etc/nfsieve/c.sock"));
    expect_complaint(R"({"control": {"sokcet": "x"}})", "c.json:1:14: ", "\"socket\"");
    EXPECT_EQ(sealed_changes(good("{}").sealed, good(R"({"control": {"socket": "x"}})").sealed),
              std::vector<std::string>{"control"});
}

TEST(Config, TakesAPlainNumberAsOneQueue) {
    EXPECT_EQ(good(R"({"queues": 3})").sealed.queues, (QueueRange{3, 1}));
    EXPECT_EQ(good(R"({"queues": "3"})").sealed.queues, (QueueRange{3, 1}));
}

TEST(Config, ReadsSizesWithUnits) {
    const auto engine =
        good(R"({"memory": {"flows": "2G", "held": 1048576, "held_per_flow": "64K"}, "depth": "1M"})")
            .sealed.engine;
    EXPECT_EQ(engine.flow_memory, std::size_t{2} << 30);
    EXPECT_EQ(engine.held_memory, std::size_t{1} << 20);
    EXPECT_EQ(engine.held_per_flow, std::size_t{64} << 10);
    EXPECT_EQ(engine.depth, std::uint64_t{1} << 20);
}

TEST(Config, ReadsTimesWithUnits) {
    const auto engine =
        good(
            R"({"timeouts": {"handshake": 5, "established": "2h", "closing": "1m", "blocked": "30m", "reload_grace": "500ms"}})")
            .sealed.engine;
    EXPECT_EQ(engine.handshake_timeout, seconds(5));
    EXPECT_EQ(engine.established_timeout, hours(2));
    EXPECT_EQ(engine.closing_timeout, minutes(1));
    EXPECT_EQ(engine.blocked_timeout, minutes(30));
    EXPECT_EQ(engine.reload_grace, milliseconds(500));
}

TEST(Config, ReadsAPolicyForEveryCause) {
    for (std::size_t i = 0; i < cause_count; ++i) {
        const auto cause = static_cast<Cause>(i);
        const std::string text = std::string("{\"on\": {\"") + name(cause) + "\": \"reject\"}}";
        EXPECT_EQ(good(text).sealed.engine.policy(cause), Policy::reject) << name(cause);
    }
}

TEST(Config, KernelPoliciesAreDropOrAccept) {
    const Config config = good(R"({"on": {"queue_full": "accept", "no_daemon": "accept"}})");
    EXPECT_TRUE(config.sealed.fail_open);
    EXPECT_TRUE(config.sealed.divert.bypass);
    expect_complaint(R"({"on": {"queue_full": "reject"}})", "c.json:1:23: ", "\"accept\"");
}

TEST(Config, OnlyMidstreamAndFastOpenCanBeInspected) {
    EXPECT_EQ(good(R"({"on": {"midstream": "inspect"}})").sealed.engine.policy(Cause::midstream),
              Policy::inspect);
    EXPECT_EQ(good(R"({"on": {"fast_open": "inspect"}})").sealed.engine.policy(Cause::fast_open),
              Policy::inspect);
    expect_complaint(R"({"on": {"gap": "inspect"}})", "c.json:1:16: ", "policy \"inspect\" is not known");
}

TEST(Config, MergesPortsThatTouch) {
    const PortSet ports = good(R"({"ports": [443, "80-90", 85, "91-100"]})").sealed.divert.ports;
    EXPECT_EQ(ports, (PortSet{{{80, 100}, {443, 443}}}));
}

TEST(Config, NamesTheNearestKey) {
    expect_complaint("{\n  \"queus\": 1}", "c.json:2:3: ", "did you mean \"queues\"?");
    expect_complaint(R"({"on": {"memcup": "drop"}})", "c.json:1:9: ", "did you mean \"memcap\"?");
}

TEST(Config, ListsTheKeysWhereNoneIsNear) {
    expect_complaint(R"({"events": {"xyzzy": 1}})", "c.json:1:13: ", "\"file\" or \"payload\"");
}

TEST(Config, SaysWhereATypeIsWrong) {
    expect_complaint(R"([])", "c.json:1:1: ", "an object is wanted");
    expect_complaint(R"({"rules": "a.json"})", "c.json:1:11: ", "a list of rule file names");
    expect_complaint(R"({"rules": [1]})", "c.json:1:12: ", "a rule file's name");
    expect_complaint(R"({"rules": [""]})", "c.json:1:12: ", "empty string");
    expect_complaint(R"({"events": "eve.json"})", "c.json:1:12: ", "an object");
    expect_complaint(R"({"conntrack": 1})", "c.json:1:15: ", "true or false");
    expect_complaint(R"({"queues": true})", "c.json:1:12: ", "\"0-3\"");
    expect_complaint(R"({"log": 3})", "c.json:1:9: ", "\"info\"");
}

TEST(Config, SaysWhichValuesWouldBeRight) {
    expect_complaint(R"({"queues": "5-2"})", "c.json:1:12: ", "\"2-5\"");
    expect_complaint(R"({"queues": -1})", "c.json:1:12: ", "not a queue range");
    expect_complaint(R"({"queue_length": 0})", "c.json:1:18: ", "from 1 to 1000000");
    expect_complaint(R"({"memory": {"flows": "256X"}})", "c.json:1:22: ", "\"256M\"");
    expect_complaint(R"({"memory": {"flows": 5}})", "c.json:1:22: ", "1048576");
    expect_complaint(R"({"memory": {"held": "99999999999999999999G"}})", "c.json:1:21: ", "not a size");
    expect_complaint(R"({"timeouts": {"closing": 0}})", "c.json:1:26: ", "more than zero");
    expect_complaint(R"({"events": {"payload": 257}})", "c.json:1:24: ", "from 0 to 256");
    expect_complaint(R"({"ports": ["80-"]})", "c.json:1:12: ", "\"8000-8100\"");
    expect_complaint(R"({"ports": [65536]})", "c.json:1:12: ", "not a port");
    expect_complaint(R"({"ports": []})", "c.json:1:11: ", "leave the key out");
}

TEST(Config, RefusesLoopback) {
    expect_complaint(R"({"interfaces": ["eth0", "lo"]})", "c.json:1:25: ", "lo cannot be diverted");
}

TEST(Config, RefusesInterfaceNamesThatWouldBreakTheNftText) {
    for (const char* bad : {"a b", "a\\\"b", "eth*", "sixteen_letters_", "a/b", "a}"})
        expect_complaint(std::string("{\"interfaces\": [\"") + bad + "\"]}",
                         "c.json:1:17: ", "not an interface name");
}

TEST(Config, AMarkMaskIsSixAdjacentBits) {
    EXPECT_EQ(good(R"({"mark_mask": "0x3f0000"})").sealed.engine.marks.mask, 0x3f0000U);
    EXPECT_EQ(good(R"({"mark_mask": 63})").sealed.engine.marks.mask, 63U);
    EXPECT_EQ(good(R"({"mark_mask": "0xfc000000"})").sealed.engine.marks.mask, 0xfc000000U);
    for (const char* bad :
         {"\"0x1f00\"", "\"0x7f00\"", "\"0x5f80\"", "0", "\"3f00\"", "\"0x3f0000000\"", "\"0x\""})
        expect_complaint(std::string("{\"mark_mask\": ") + bad + "}", "c.json:1:15: ", "six adjacent bits");
}

TEST(Config, FindsEveryErrorInOneRun) {
    EXPECT_EQ(
        parse_config(R"({"queues": "x", "log": 1, "on": {"gap": 2}, "nope": 3})", "c.json").errors.size(),
        4U);
}

TEST(Config, SyntaxErrorsAndDuplicateKeysHavePlaces) {
    EXPECT_EQ(complaint("{\n\"queues\": }").substr(0, 9), "c.json:2:");
    EXPECT_EQ(complaint("{\"log\": \"info\",\n \"log\": \"warn\"}").substr(0, 11), "c.json:2:2:");
}

TEST(Config, ADirectoryAMissingAndAnEmptyFileAreErrorsThatSaySo) {
    const auto words = [](const char* file) {
        const ReadConfig read = read_config(file);
        return read.errors.size() == 1 ? read.errors.front().to_string() : "";
    };
    EXPECT_EQ(words("/"), "/: is a directory; name a file in it");
    EXPECT_EQ(words("/nonexistent/c.json"),
              "/nonexistent/c.json: cannot be opened: No such file or directory");
    EXPECT_NE(words("/dev/null").find("not a regular file"), std::string::npos);
}

TEST(Config, WorkersShareTheMemoryCaps) {
    SealedConfig config;
    config.engine.flow_memory = 400;
    config.engine.held_memory = 40;
    config.engine.held_per_flow = 20;
    const EngineConfig engine = worker_engine_config(config, 4);
    EXPECT_EQ(engine.flow_memory, 100U);
    EXPECT_EQ(engine.held_memory, 10U);
    EXPECT_EQ(engine.held_per_flow, 10U);
}

TEST(Config, TellsWhichSealedKeysHaveChanged) {
    const Config before = good(R"({"queues": 0, "rules": ["a.json"]})");
    EXPECT_TRUE(sealed_changes(before.sealed, good(R"({"rules": ["b.json"]})").sealed).empty());
    const Config after = good(R"({"queues": 1, "on": {"queue_full": "accept"}, "log": "warn"})");
    EXPECT_EQ(sealed_changes(before.sealed, after.sealed), (std::vector<std::string>{"queues", "on", "log"}));
}

TEST(Config, AFlowtableNeedsTwoInterfaces) {
    EXPECT_EQ(good("{}").sealed.offload, OffloadMode::marks);
    EXPECT_EQ(good(R"({"offload": "flowtable", "interfaces": ["eth0", "eth1"]})").sealed.offload,
              OffloadMode::flowtable);
    const auto refused = [](const std::string& before, const std::string& mode, const std::string& words) {
        expect_complaint("{" + before + ",\n \"offload\": \"" + mode + "\"}", "c.json:2:13: ", words);
    };
    refused(R"("interfaces": ["eth0"])", "flow", "flowtable");
    const std::string wanted = "name at least two in \"interfaces\"";
    refused(R"("hook": ["input", "forward"])", "flowtable", wanted);
    refused(R"("interfaces": ["eth0", "eth0"])", "flowtable", wanted);
    // A host's table has none, and takes the marks.
    EXPECT_EQ(good(R"({"offload": "flowtable", "hook": ["input", "output"]})").sealed.offload,
              OffloadMode::flowtable);
}

} // namespace
} // namespace nfsieve
