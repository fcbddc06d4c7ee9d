# Starts coturn with what comes by the environment, which goes into a file: arguments can be read by everybody.
set -eu
: "${TURN_SECRET:?set SLUICE_TURN_SECRET to a long random text}"
: "${GATEWAY_ADDRESS:?set SLUICE_ANNOUNCED_ADDRESS to the gateway address that clients are told}"
file=/tmp/turnserver.conf
umask 077
{
  cat /etc/sluice-coturn/turnserver.conf
  echo "static-auth-secret=$TURN_SECRET"
  echo "external-ip=$GATEWAY_ADDRESS"
  # Only the gateway may be reached through the relay, never the networks behind it.
  echo "denied-peer-ip=0.0.0.0-255.255.255.255"
  echo "denied-peer-ip=::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
  echo "allowed-peer-ip=$GATEWAY_ADDRESS"
} > "$file"
exec turnserver -c "$file"
