// SPDX-License-Identifier: GPL-2.0-or-later
//
// Accepts every packet of the given queues and looks at none of them: the floor that any inspecting program
// pays. It follows the same kernel habits as the daemon (GSO, one recvmmsg of many packets, one sendto for
// all their verdicts), so that a ratio between the two is the price of inspection and nothing else.

// The C library's network headers come first: the kernel's then know which types they must not define again.
#include <arpa/inet.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <pthread.h>
#include <string_view>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t batch_size = 32;
constexpr std::size_t slot_size = 65'536 + 4'096;
constexpr std::uint32_t copy_range = 65'531;
constexpr int receive_buffer = 64 << 20;
constexpr std::uint32_t queue_length = 16'384;

struct MnlClose {
    void operator()(mnl_socket* socket) const { mnl_socket_close(socket); }
};
using MnlSocket = std::unique_ptr<mnl_socket, MnlClose>;

struct QueueRange {
    std::uint16_t first = 0;
    std::uint16_t last = 0;
};

// What one queue has carried; written by its own thread, read after that thread has ended.
struct QueueCount {
    std::uint64_t packets = 0;
    std::uint64_t lost_reports = 0;
};

std::optional<std::uint16_t> parse_number(std::string_view text) {
    std::uint16_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

// "3" or "0-3".
std::optional<QueueRange> parse_range(std::string_view text) {
    const auto dash = text.find('-');
    const auto first = parse_number(text.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_number(text.substr(dash + 1));
    if (!first || !last || *last < *first) {
        return std::nullopt;
    }
    return QueueRange{.first = *first, .last = *last};
}

// Binds `queue` in one message (command, copy mode, length, flags); null with errno set when the kernel
// refuses.
MnlSocket bind_queue(std::uint16_t queue) {
    MnlSocket socket(mnl_socket_open(NETLINK_NETFILTER));
    if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0) {
        return nullptr;
    }
    std::array<char, 4096> buffer{};
    nlmsghdr* message = nfq_nlmsg_put(buffer.data(), NFQNL_MSG_CONFIG, queue);
    message->nlmsg_flags |= NLM_F_ACK;
    nfq_nlmsg_cfg_put_cmd(message, AF_UNSPEC, NFQNL_CFG_CMD_BIND);
    nfq_nlmsg_cfg_put_params(message, NFQNL_COPY_PACKET, static_cast<int>(copy_range));
    nfq_nlmsg_cfg_put_qmaxlen(message, queue_length);
    mnl_attr_put_u32(message, NFQA_CFG_FLAGS, htonl(NFQA_CFG_F_GSO));
    mnl_attr_put_u32(message, NFQA_CFG_MASK, htonl(NFQA_CFG_F_GSO));
    if (mnl_socket_sendto(socket.get(), message, message->nlmsg_len) < 0) {
        return nullptr;
    }
    const auto received = mnl_socket_recvfrom(socket.get(), buffer.data(), buffer.size());
    if (received < 0 || mnl_cb_run(buffer.data(), static_cast<std::size_t>(received), 0,
                                   mnl_socket_get_portid(socket.get()), nullptr, nullptr) < 0) {
        return nullptr;
    }
    const int fd = mnl_socket_get_fd(socket.get());
    const int on = 1;
    const int size = receive_buffer;
    (void)setsockopt(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &on, sizeof on);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    const timeval tick{.tv_sec = 0, .tv_usec = 200'000};
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof tick);
    return socket;
}

// Appends an ACCEPT for the packet in `datagram` to `out`; returns the bytes added, 0 if it holds no packet.
std::size_t append_accept(const char* datagram, std::size_t length, std::uint16_t queue, char* out) {
    const auto* message = reinterpret_cast<const nlmsghdr*>(datagram);
    if (!mnl_nlmsg_ok(message, static_cast<int>(length)) ||
        message->nlmsg_type != ((NFNL_SUBSYS_QUEUE << 8) | NFQNL_MSG_PACKET)) {
        return 0;
    }
    std::array<nlattr*, NFQA_MAX + 1> attributes{};
    if (nfq_nlmsg_parse(message, attributes.data()) < 0 || attributes[NFQA_PACKET_HDR] == nullptr) {
        return 0;
    }
    nfqnl_msg_packet_hdr header{};
    std::memcpy(&header, mnl_attr_get_payload(attributes[NFQA_PACKET_HDR]), sizeof header);
    nlmsghdr* verdict = nfq_nlmsg_put(out, NFQNL_MSG_VERDICT, queue);
    nfq_nlmsg_verdict_put(verdict, static_cast<int>(ntohl(header.packet_id)), NF_ACCEPT);
    return (verdict->nlmsg_len + MNL_ALIGNTO - 1U) & ~(MNL_ALIGNTO - 1U);
}

void accept_packets(const MnlSocket& socket, std::uint16_t queue, const std::atomic<bool>& stop,
                    QueueCount& count) {
    std::vector<char> slab(batch_size * slot_size);
    std::array<iovec, batch_size> vectors{};
    std::array<mmsghdr, batch_size> messages{};
    for (std::size_t i = 0; i < batch_size; ++i) {
        vectors[i] = {.iov_base = slab.data() + i * slot_size, .iov_len = slot_size};
        messages[i].msg_hdr.msg_iov = &vectors[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    std::array<char, batch_size * 128> verdicts{};
    const int fd = mnl_socket_get_fd(socket.get());
    const sockaddr_nl kernel{.nl_family = AF_NETLINK, .nl_pad = 0, .nl_pid = 0, .nl_groups = 0};
    while (!stop.load(std::memory_order_relaxed)) {
        const int received = recvmmsg(fd, messages.data(), batch_size, MSG_WAITFORONE, nullptr);
        if (received < 0) {
            count.lost_reports += errno == ENOBUFS ? 1 : 0;
            continue;
        }
        std::size_t used = 0;
        for (std::size_t i = 0; i < static_cast<std::size_t>(received); ++i) {
            const std::size_t added = append_accept(slab.data() + i * slot_size, messages[i].msg_len, queue,
                                                    verdicts.data() + used);
            count.packets += added != 0 ? 1 : 0;
            used += added;
        }
        if (used != 0) {
            (void)sendto(fd, verdicts.data(), used, 0, reinterpret_cast<const sockaddr*>(&kernel),
                         sizeof kernel);
        }
    }
}

int run(QueueRange range) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);

    const std::size_t queues = static_cast<std::size_t>(range.last) - range.first + 1;
    std::vector<MnlSocket> sockets;
    for (std::size_t i = 0; i < queues; ++i) {
        const auto queue = static_cast<std::uint16_t>(range.first + i);
        sockets.push_back(bind_queue(queue));
        if (!sockets.back()) {
            std::fprintf(stderr, "accept_all: queue %u: %s\n", unsigned{queue}, std::strerror(errno));
            return 1;
        }
    }
    std::atomic<bool> stop = false;
    std::vector<QueueCount> counts(queues);
    std::vector<std::thread> workers;
    for (std::size_t i = 0; i < queues; ++i) {
        const auto queue = static_cast<std::uint16_t>(range.first + i);
        workers.emplace_back([&, i, queue] { accept_packets(sockets[i], queue, stop, counts[i]); });
    }
    std::puts("ready");
    std::fflush(stdout);
    int signal = 0;
    sigwait(&signals, &signal);
    stop = true;
    for (auto& worker : workers) {
        worker.join();
    }
    for (std::size_t i = 0; i < queues; ++i) {
        std::printf("queue %zu: %llu packets\n", range.first + i,
                    static_cast<unsigned long long>(counts[i].packets));
    }
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    const auto range =
        argc == 3 && std::string_view(argv[1]) == "--queue-num" ? parse_range(argv[2]) : std::nullopt;
    if (!range) {
        std::fputs("usage: accept_all --queue-num 0-1\n", stderr);
        return 1;
    }
    return run(*range);
}
