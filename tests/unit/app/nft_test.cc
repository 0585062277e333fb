// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/nft.h"

#include "text.h"

#include <fstream>
#include <gtest/gtest.h>
#include <set>
#include <sstream>

namespace nfsieve {
namespace {

using test::has;

SealedConfig with(std::vector<Hook> hooks, std::vector<std::string> interfaces, PortSet ports) {
    SealedConfig config;
    config.queues = {0, 2};
    config.divert.hooks = std::move(hooks);
    config.divert.interfaces = std::move(interfaces);
    config.divert.ports = std::move(ports);
    return config;
}

/// What nft sees: no comments, no empty lines, one blank between words. `define`s become a set of their own,
/// since their order says nothing.
struct Effective {
    std::set<std::string> defines;
    std::string rules;
    bool operator==(const Effective&) const = default;
};

/// `more` takes the mark away from the lines that are for a flowtable, as the file tells its reader to do.
Effective effective(std::istream&& text, bool more = false) {
    Effective result;
    for (std::string line; std::getline(text, line);) {
        if (const std::size_t mark = line.find_first_not_of(' ');
            more && mark != std::string::npos && line.compare(mark, 3, "#+ ") == 0)
            line.erase(mark, 3);
        line.resize(std::min(line.find('#'), line.size()));
        std::istringstream words(line);
        std::string clean;
        for (std::string word; words >> word;)
            clean += (clean.empty() ? "" : " ") + word;
        if (clean.starts_with("define "))
            result.defines.insert(clean);
        else if (!clean.empty())
            result.rules += clean + "\n";
    }
    return result;
}

Effective printed(const SealedConfig& config) {
    return effective(std::istringstream(nft_ruleset(config)));
}

Effective shipped(const char* file, bool more = false) {
    std::ifstream stream(std::string(NFSIEVE_SOURCE_ROOT) + "/nftables/" + file);
    EXPECT_TRUE(stream.good()) << file;
    return effective(std::move(stream), more);
}

void expect_same(const Effective& left, const Effective& right) {
    EXPECT_EQ(left.defines, right.defines);
    EXPECT_EQ(left.rules, right.rules);
}

TEST(Nft, PrintsTheShippedGatewayFile) {
    expect_same(printed(with({Hook::forward}, {"eth0", "eth1"}, {})), shipped("gateway.nft"));
}

TEST(Nft, PrintsTheShippedHostFile) {
    expect_same(printed(with({Hook::input, Hook::output}, {"eth0"}, {{{80, 80}, {443, 443}, {8080, 8080}}})),
                shipped("host.nft"));
}

SealedConfig with_flowtable(std::vector<Hook> hooks) {
    SealedConfig config = with(std::move(hooks), {"eth0", "eth1"}, {});
    config.offload = OffloadMode::flowtable;
    return config;
}

TEST(Nft, PrintsTheShippedGatewayFileWithItsFlowtable) {
    expect_same(printed(with_flowtable({Hook::forward})), shipped("gateway.nft", true));
    EXPECT_NE(shipped("gateway.nft"), shipped("gateway.nft", true));
}

TEST(Nft, AFlowtableIsForWhatIsForwarded) {
    const std::string host = nft_ruleset(with_flowtable({Hook::input, Hook::output}));
    EXPECT_FALSE(has(host, "flowtable inet"));
    EXPECT_FALSE(has(host, "netdev"));
    EXPECT_TRUE(has(host, "# A flowtable is for what is forwarded"));
    const std::string both = nft_ruleset(with_flowtable({Hook::forward, Hook::input, Hook::output}));
    EXPECT_TRUE(has(both, "add flowtable inet nfsieve done"));
    EXPECT_FALSE(has(both, "add flowtable inet nfsieve_host"));
    EXPECT_FALSE(has(nft_ruleset(with({Hook::forward}, {"eth0"}, {})), "flowtable"));
}

TEST(Nft, BypassesOnlyWhereNoDaemonSaysAccept) {
    SealedConfig config = with({Hook::forward}, {}, {});
    EXPECT_FALSE(has(nft_ruleset(config), "bypass"));
    config.divert.bypass = true;
    EXPECT_TRUE(has(nft_ruleset(config), "queue flags bypass to symhash mod 2 offset 0"));
}

TEST(Nft, OneQueueNeedsNoHash) {
    SealedConfig config = with({Hook::forward}, {}, {});
    config.queues = {5, 1};
    EXPECT_TRUE(has(nft_ruleset(config), "counter name diverted queue to 5\n"));
    EXPECT_FALSE(has(nft_ruleset(config), "symhash"));
    config.queues = {4, 3};
    EXPECT_TRUE(has(nft_ruleset(config), "symhash mod 3 offset 4"));
}

TEST(Nft, WithoutInterfacesAllButLoopbackAreDiverted) {
    const std::string gateway = nft_ruleset(with({Hook::forward}, {}, {}));
    EXPECT_FALSE(has(gateway, "@interfaces"));
    EXPECT_TRUE(has(gateway, "iifname \"lo\" accept"));
    const std::string host = nft_ruleset(with({Hook::input, Hook::output}, {}, {}));
    EXPECT_TRUE(has(host, "iifname != \"lo\" jump divert"));
    EXPECT_TRUE(has(host, "oifname != \"lo\" jump divert"));
}

TEST(Nft, MarksFollowTheMask) {
    SealedConfig config = with({Hook::forward}, {}, {});
    config.engine.marks.mask = 0x3f0000;
    const std::string text = nft_ruleset(config);
    EXPECT_TRUE(has(text, "define generation_mask = 0x00070000"));
    EXPECT_TRUE(has(text, "define generation_keep = 0xfff8ffff"));
    EXPECT_TRUE(has(text, "define state_keep = 0xffe8ffff"));
    EXPECT_TRUE(has(text, "define done_1 = 0x00010000"));
    EXPECT_TRUE(has(text, "define done_6 = 0x00060000"));
    EXPECT_TRUE(has(text, "define rejected = 0x00110000"));
    EXPECT_TRUE(has(text, "define seen = 0x00080000"));
    EXPECT_TRUE(has(text, "define own = 0x00200000"));
}

TEST(Nft, AllHooksAreTwoTables) {
    const std::string text = nft_ruleset(with({Hook::forward, Hook::input, Hook::output}, {}, {}));
    EXPECT_TRUE(has(text, "table inet nfsieve {"));
    EXPECT_TRUE(has(text, "table inet nfsieve_host {"));
}

TEST(Nft, SaysThatOneSideOfAHostShowsOneDirection) {
    EXPECT_TRUE(has(nft_ruleset(with({Hook::input}, {}, {})), "one_way"));
    EXPECT_FALSE(has(nft_ruleset(with({Hook::input}, {}, {})), "hook output"));
    EXPECT_FALSE(has(nft_ruleset(with({Hook::input, Hook::output}, {}, {})), "one_way"));
}

TEST(Nft, NeverFlushesAQueue) {
    const std::string text = nft_ruleset(with({Hook::forward, Hook::input, Hook::output}, {}, {}));
    EXPECT_FALSE(has(text, "flush ruleset"));
    EXPECT_FALSE(has(text, "flush table"));
    EXPECT_FALSE(has(text, "\ndelete "));
    EXPECT_FALSE(has(nft_ruleset(with_flowtable({Hook::forward})), "\ndelete "));
}

} // namespace
} // namespace nfsieve
