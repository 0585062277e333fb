// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/notifier.h"

#include <gtest/gtest.h>
#include <vector>

namespace nfsieve {
namespace {

struct Sent {
    std::vector<std::string> states;
    Notifier notifier{[this](const std::string& state) { states.push_back(state); }};
};

TEST(Notifier, ReadyCarriesAOneLineStatus) {
    Sent sent;
    sent.notifier.ready("a\nREADY=0");
    EXPECT_EQ(sent.states, std::vector<std::string>{"READY=1\nSTATUS=a READY=0"});
}

TEST(Notifier, ReloadingNamesTheMonotonicTime) {
    Sent sent;
    sent.notifier.reloading();
    ASSERT_EQ(sent.states.size(), 1U);
    const std::string prefix = "RELOADING=1\nMONOTONIC_USEC=";
    ASSERT_EQ(sent.states[0].substr(0, prefix.size()), prefix);
    EXPECT_GT(std::stoll(sent.states[0].substr(prefix.size())), 0);
}

TEST(Notifier, StoppingAndWatchdog) {
    Sent sent;
    sent.notifier.stopping();
    sent.notifier.watchdog();
    EXPECT_EQ(sent.states, (std::vector<std::string>{"STOPPING=1\nSTATUS=stopping", "WATCHDOG=1"}));
}

} // namespace
} // namespace nfsieve
