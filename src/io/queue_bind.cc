// SPDX-License-Identifier: GPL-2.0-or-later
#include "queue_bind.h"

#include "nfsieve/io/queue_status.h"
#include "queue_message.h"
#include "verdict_batch.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <linux/capability.h>
#include <sys/time.h>
#include <vector>

namespace nfsieve {
namespace {

constexpr std::size_t least_receive_buffer = std::size_t{32} << 20;
constexpr std::size_t most_receive_buffer = std::size_t{512} << 20;
constexpr std::size_t buffer_a_packet =
    4096; // what the kernel accounts for a full-sized packet and its message
constexpr timeval receive_timeout = {0, 100'000};

/// The effective set of this thread, from proc(5).
bool may_administer_network() {
    std::ifstream file("/proc/thread-self/status");
    for (std::string line; std::getline(file, line);)
        if (line.rfind("CapEff:", 0) == 0)
            return (std::stoull(line.substr(7), nullptr, 16) >> CAP_NET_ADMIN & 1) != 0;
    return false;
}

Error socket_failure(const char* what, int error) {
    std::string message = std::string("cannot ") + what + ": " + std::strerror(error);
    if (error == EPROTONOSUPPORT)
        message += "; this kernel has no nfnetlink: run `modprobe nfnetlink_queue`";
    return Error{std::move(message)};
}

/// The flags stand in one FLAGS/MASK pair: of two pairs the kernel would take the last.
std::vector<std::uint8_t> configuration(const NfqueueConfig& config, bool conntrack) {
    std::vector<std::uint8_t> buffer(512);
    nlmsghdr* const message =
        ::nfq_nlmsg_put(reinterpret_cast<char*>(buffer.data()), NFQNL_MSG_CONFIG, config.queue);
    message->nlmsg_flags |= NLM_F_ACK;
    ::nfq_nlmsg_cfg_put_cmd(message, AF_UNSPEC, NFQNL_CFG_CMD_BIND);
    ::nfq_nlmsg_cfg_put_params(message, NFQNL_COPY_PACKET, static_cast<int>(copy_range));
    ::nfq_nlmsg_cfg_put_qmaxlen(message, config.queue_length);
    std::uint32_t flags = NFQA_CFG_F_GSO;
    flags |= conntrack ? NFQA_CFG_F_CONNTRACK : 0U;
    flags |= config.fail_open ? NFQA_CFG_F_FAIL_OPEN : 0U;
    ::mnl_attr_put_u32(message, NFQA_CFG_FLAGS, htonl(flags));
    ::mnl_attr_put_u32(message, NFQA_CFG_MASK,
                       htonl(NFQA_CFG_F_GSO | NFQA_CFG_F_CONNTRACK | NFQA_CFG_F_FAIL_OPEN));
    buffer.resize(message->nlmsg_len);
    return buffer;
}

/// The kernel's answer as an errno, 0 for success. Packets may come before it: they are dropped, and TCP
/// sends them again.
int await_ack(mnl_socket* socket, std::uint16_t queue) {
    std::vector<std::uint8_t> buffer(copy_range + 8192);
    VerdictBatch early(queue, 1);
    for (;;) {
        const ssize_t received = ::mnl_socket_recvfrom(socket, buffer.data(), buffer.size());
        if (received < 0) {
            if (errno == EINTR || errno == ENOBUFS)
                continue;
            return errno;
        }
        const auto message = parse_queue_message(Bytes(buffer).first(static_cast<std::size_t>(received)));
        if (message.kind == QueueMessage::Kind::ack)
            return message.error;
        if (message.has_id) {
            early.drop(message.packet_id);
            (void)::mnl_socket_sendto(socket, early.bytes().data(), early.bytes().size());
            early.clear();
        }
    }
}

void size_receive_buffer(int fd, const NfqueueConfig& config) {
    std::size_t size = config.receive_buffer;
    if (size == 0)
        size = std::max(least_receive_buffer, config.queue_length * buffer_a_packet);
    const int value = static_cast<int>(std::min(size, most_receive_buffer));
    if (::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &value, sizeof value) != 0)
        (void)::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &value, sizeof value);
}

struct BindAttempt {
    MnlSocket socket;
    int error = 0;
};

Result<BindAttempt> try_bind(const NfqueueConfig& config, bool conntrack) {
    BindAttempt attempt;
    attempt.socket.reset(::mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC));
    if (!attempt.socket)
        return socket_failure("open a netfilter socket", errno);
    const int fd = ::mnl_socket_get_fd(attempt.socket.get());
    const int on = 1;
    (void)::setsockopt(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &on, sizeof on);
    size_receive_buffer(fd, config);
    if (::mnl_socket_bind(attempt.socket.get(), 0, MNL_SOCKET_AUTOPID) < 0)
        return socket_failure("bind a netfilter socket", errno);
    const auto message = configuration(config, conntrack);
    if (::mnl_socket_sendto(attempt.socket.get(), message.data(), message.size()) < 0)
        return socket_failure("send to netfilter", errno);
    attempt.error = await_ack(attempt.socket.get(), config.queue);
    if (::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &receive_timeout, sizeof receive_timeout) != 0)
        return socket_failure("set a receive timeout", errno);
    return attempt;
}

} // namespace

std::string bind_failure(std::uint16_t queue, int error, const std::optional<std::string>& status,
                         bool privileged) {
    const std::string prefix = "queue " + std::to_string(queue) + ": ";
    const auto taken = status ? parse_queue_status(*status, queue) : std::nullopt;
    // The kernel says EPERM also of a queue that belongs to another socket (nfqnl_recv_config()).
    if (taken || error == EBUSY || (error == EPERM && privileged))
        return prefix + "is taken by another program" +
               (taken ? " (netlink port " + std::to_string(taken->port_id) + ", as a rule its process id)"
                      : std::string()) +
               "; stop it, or choose other queue numbers here and in the nftables rules";
    switch (error) {
    case EPERM:
        return prefix + "no permission: this needs CAP_NET_ADMIN; run as root or under nfsieve.service";
    case EINVAL:
    case EOPNOTSUPP:
        return prefix + "this kernel has no nfnetlink_queue (" + std::strerror(error) +
               "); run `modprobe nfnetlink_queue`";
    case ENOMEM:
        return prefix + "the kernel has no memory for it; make queue_length smaller";
    default:
        return prefix + "the kernel refuses it: " + std::strerror(error);
    }
}

Result<MnlSocket> bind_queue(const NfqueueConfig& config) {
    auto attempt = try_bind(config, config.conntrack);
    // Without nf_conntrack_netlink the kernel refuses the whole message before it binds.
    if (attempt && attempt->error == EOPNOTSUPP && config.conntrack)
        attempt = try_bind(config, false);
    if (!attempt)
        return attempt.error();
    if (attempt->error != 0) {
        attempt->socket.reset();
        return Error{
            bind_failure(config.queue, attempt->error, read_queue_status_file(), may_administer_network())};
    }
    return std::move(attempt->socket);
}

} // namespace nfsieve
