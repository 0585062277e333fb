// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/control_socket.h"

#include "nfsieve/app/control_protocol.h"
#include "temporary_files.h"

#include <atomic>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>

namespace nfsieve {
namespace {

using Clock = ControlSocket::Clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

class Control : public testing::Test {
protected:
    Control() : file_(files_.path("c.sock")) { open(); }

    void open() {
        auto opened = ControlSocket::open(file_, [this](std::string_view request) {
            ++asked_;
            return answer_.empty() ? "heard " + std::string(request) : answer_;
        });
        ASSERT_TRUE(opened) << opened.error().message;
        control_ = *std::move(opened);
    }

    std::string refusal() {
        auto opened = ControlSocket::open(file_, [](auto) { return std::string(); });
        return opened ? "" : opened.error().message;
    }

    UniqueFd connect() const {
        UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        file_.string().copy(address.sun_path, sizeof address.sun_path - 1);
        EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        return fd;
    }

    static void say(const UniqueFd& fd, std::string_view text) {
        EXPECT_EQ(::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(text.size()));
    }

    /// What has come by now; "(closed)" at its end where the other side has gone.
    static std::string hear(const UniqueFd& fd) {
        std::string heard;
        std::array<char, 65536> piece{};
        for (;;) {
            const ssize_t size = ::recv(fd.get(), piece.data(), piece.size(), 0);
            if (size == 0 || (size < 0 && errno == ECONNRESET))
                return heard + "(closed)";
            if (size < 0)
                return heard;
            heard.append(piece.data(), static_cast<std::size_t>(size));
        }
    }

    /// As a poll loop does, for as long as there is something to do.
    void serve() {
        pollfd ready{control_->poll_fd(now_), POLLIN, 0};
        for (int i = 0; i < 50 && ready.fd >= 0 && ::poll(&ready, 1, 0) > 0; ++i) {
            control_->serve(now_);
            ready.fd = control_->poll_fd(now_);
        }
    }

    TemporaryFiles files_;
    std::filesystem::path file_;
    std::string answer_;
    int asked_ = 0;
    std::unique_ptr<ControlSocket> control_;
    Clock::time_point now_ = Clock::now();
};

TEST_F(Control, ALineInIsALineOutAndThenItEnds) {
    const UniqueFd client = connect();
    say(client, "hel");
    serve();
    EXPECT_EQ(hear(client), "");
    say(client, "lo\nrest");
    serve();
    EXPECT_EQ(hear(client), "heard hello\n(closed)");
}

TEST_F(Control, ASilentClientHoldsNobodyUpAndIsCutOff) {
    const UniqueFd silent = connect(), other = connect();
    say(other, "x\n");
    serve();
    EXPECT_EQ(hear(other), "heard x\n(closed)");
    EXPECT_EQ(hear(silent), "");
    now_ += ControlSocket::patience;
    control_->serve(now_);
    EXPECT_EQ(hear(silent), "(closed)");
}

TEST_F(Control, ARequestWithoutEndIsRefused) {
    const UniqueFd client = connect();
    say(client, std::string(ControlSocket::longest_request + 1, 'x'));
    serve();
    EXPECT_EQ(hear(client), "{\"error\": \"the request is too long\"}\n(closed)");
    EXPECT_EQ(asked_, 0);
}

TEST_F(Control, OneClientTooManyTakesTheOldestsPlace) {
    std::vector<UniqueFd> clients;
    for (std::size_t i = 0; i <= ControlSocket::most_clients; ++i) {
        clients.push_back(connect());
        serve();
    }
    EXPECT_EQ(hear(clients.front()), "(closed)");
    say(clients.back(), "last\n");
    serve();
    EXPECT_EQ(hear(clients.back()), "heard last\n(closed)");
}

TEST_F(Control, AFloodIsSatOutUntilTheSecondIsOver) {
    control_->serve(now_);
    for (int i = 0; i < ControlSocket::most_connections; ++i) {
        const UniqueFd client = connect();
        serve();
    }
    const UniqueFd late = connect();
    say(late, "late\n");
    EXPECT_EQ(control_->poll_fd(now_), -1);
    control_->serve(now_);
    EXPECT_EQ(hear(late), "");
    now_ += seconds(1);
    EXPECT_NE(control_->poll_fd(now_), -1);
    serve();
    EXPECT_EQ(hear(late), "heard late\n(closed)");
}

TEST_F(Control, AnAnswerThatASlowReaderCannotTakeAtOnceComesInParts) {
    answer_ = std::string(3 << 20, 'y');
    const UniqueFd client = connect();
    say(client, "x\n");
    std::string heard;
    for (int i = 0; i < 1000 && !heard.ends_with("(closed)"); ++i) {
        serve();
        heard += hear(client);
    }
    EXPECT_EQ(heard.size(), answer_.size() + std::string_view("\n(closed)").size());
    EXPECT_EQ(asked_, 1);
}

TEST_F(Control, AClientThatLeavesDoesNoHarm) {
    answer_ = std::string(3 << 20, 'y');
    {
        const UniqueFd client = connect();
        say(client, "x\n");
        serve();
    }
    serve();
    { const UniqueFd client = connect(); }
    serve();
    answer_.clear();
    const UniqueFd client = connect();
    say(client, "x\n");
    serve();
    EXPECT_EQ(hear(client), "heard x\n(closed)");
}

TEST_F(Control, ItsFileIsForTheGroupAndNotForEveryone) {
    struct stat status {};
    ASSERT_EQ(::stat(file_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0660U);
    control_.reset();
    EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(Control, ALivingDaemonsSocketIsLeftAlone) {
    EXPECT_NE(refusal().find("another daemon answers there"), std::string::npos) << refusal();
    const UniqueFd client = connect();
    say(client, "x\n");
    serve();
    serve();
    EXPECT_EQ(hear(client), "heard x\n(closed)");
}

TEST_F(Control, ADeadDaemonsSocketIsReplaced) {
    const std::filesystem::path kept = files_.path("kept");
    std::filesystem::create_hard_link(file_, kept);
    control_.reset();
    std::filesystem::rename(kept, file_); // as a daemon that was killed leaves it
    open();
    const UniqueFd client = connect();
    say(client, "x\n");
    serve();
    EXPECT_EQ(hear(client), "heard x\n(closed)");
}

TEST_F(Control, ASocketThatAnotherHasPutThereSinceIsLeftAlone) {
    std::filesystem::remove(file_);
    auto first = std::move(control_);
    open();
    first.reset();
    EXPECT_TRUE(std::filesystem::exists(file_));
}

TEST_F(Control, WhatStandsInTheWayIsSaidWithTheRemedy) {
    file_ = files_.write("plain", "x");
    EXPECT_NE(refusal().find("another kind"), std::string::npos) << refusal();
    file_ = files_.path("none/c.sock");
    EXPECT_NE(refusal().find("make its directory"), std::string::npos) << refusal();
    file_ = files_.path(std::string(120, 'x'));
    EXPECT_NE(refusal().find("longer than the 107 bytes"), std::string::npos) << refusal();
}

TEST_F(Control, TheAskingSideGetsTheLine) {
    answer_ = R"({"well": true})";
    std::atomic<bool> done{false};
    std::thread server([&] {
        while (!done) {
            pollfd ready{control_->poll_fd(Clock::now()), POLLIN, 0};
            ::poll(&ready, 1, 10);
            control_->serve(Clock::now());
        }
    });
    const auto answer = ask_status(file_);
    answer_ = R"({"error": "no"})";
    const auto refused = ask_status(file_);
    done = true;
    server.join();
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(*answer, R"({"well": true})");
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("\"no\""), std::string::npos) << refused.error().message;
}

TEST(ControlProtocol, KnowsStatusAndNothingElse) {
    const auto status = [] { return std::string(R"({"well": true})"); };
    EXPECT_EQ(answer_control(R"({"command": "status"})", status), R"({"well": true})");
    EXPECT_EQ(answer_control(R"({"command": "stop"})", status),
              R"({"error":"the command \"stop\" is not known; there is \"status\""})");
    for (const char* request :
         {"", "status", "[]", "{}", R"({"command": 1})", "\xff", R"({"command": "st)"}) {
        const std::string answer = answer_control(request, status);
        EXPECT_EQ(answer.substr(0, 10), R"({"error":")") << request;
        EXPECT_EQ(answer.find('\n'), std::string::npos);
    }
}

TEST(ControlProtocol, WhereNobodyAnswersTheSocketAndTheRemedyAreNamed) {
    const TemporaryFiles files;
    const auto answer = ask_status(files.path("none.sock"));
    ASSERT_FALSE(answer);
    EXPECT_NE(answer.error().message.find("none.sock"), std::string::npos);
    EXPECT_NE(answer.error().message.find("systemctl status nfsieve"), std::string::npos);
}

} // namespace
} // namespace nfsieve
