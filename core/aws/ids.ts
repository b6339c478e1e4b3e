/** Forms of EC2's ids (Amazon EC2 API Reference); what has another form is none. */

/** An instance, such as `i-0123456789abcdef0`. */
export const INSTANCE_ID = /^i-[0-9a-f]{8,17}$/;
/** A Spot Fleet, such as `sfr-73fbd2ce-aa30-494c-8788-1cee40000000`. */
export const SPOT_FLEET_ID = /^sfr-[0-9a-f-]{8,40}$/;
/** An EC2 Fleet, such as `fleet-4b8aaae8-dfb5-436d-a4c6-3dafa4c6b7dc`. */
export const FLEET_ID = /^fleet-[0-9a-f-]{8,40}$/;
