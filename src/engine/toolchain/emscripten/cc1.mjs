export default () => {
  throw new Error('cc1 is not built yet');
};
